"""An agent of one's own: it asks while the middle of the picture is all one colour, then guesses.

proactive-gym eval --agent examples.custom_agent:LooksTwice --agent random --env ProactiveFraming-v0 --out runs/mine
"""

from proactive_gym.agents.base import Turn
from proactive_gym.menu import Kind


class LooksTwice:
    """Agents have a name and reply to batches of turns; they keep nothing in mind between calls."""

    name = "looks-twice"

    def act(self, turns: list[Turn]) -> list[int | str]:
        """An option's number (or a sentence, which would be read) per turn."""
        return [self.reply(turn) for turn in turns]

    def reply(self, turn: Turn) -> int:
        """Ask up to three times, then take the first answer."""
        side = turn.image.shape[0]
        middle = turn.image[side // 3 : -side // 3, side // 3 : -side // 3]
        requests = turn.on_offer(Kind.INTERVENTION)
        if requests and middle.std() < 40 and turn.number < 3:
            return requests[turn.number % len(requests)]
        return turn.on_offer(Kind.ANSWER)[0]
