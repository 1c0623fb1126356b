"""Says again what was said in a run: to read or judge the same replies anew, without asking the model again."""

from collections.abc import Sequence
from pathlib import Path

from proactive_gym.agents.base import Failure, Reaction, Reply, Turn
from proactive_gym.agents.options import ModelOptions
from proactive_gym.errors import InputError
from proactive_gym.stored import stored_rows


def from_name(model: str, options: ModelOptions) -> "Replay":
    """The agent called ``replay:FOLDER``, or ``replay:FOLDER#AGENT`` where several played."""
    del options
    folder, _, agent = model.partition("#")
    return Replay(folder, agent or None)


class Replay:
    """The replies of one agent of a run.

    Args:
        folder: The run's folder.
        agent: Whose replies; may be left out where only one agent played.

    Raises:
        InputError: If there is no such run or agent, or if several played and none is named.
    """

    def __init__(self, folder: str | Path, agent: str | None = None) -> None:
        rows = stored_rows(Path(folder) / "episodes.jsonl")
        names = list(dict.fromkeys(row["agent"] for row in rows))
        if agent is None and len(names) != 1:
            raise InputError(
                f"{folder} holds the replies of {', '.join(names)}; say whose: 'replay:{folder}#{names[0]}'."
            )
        self.name = names[0] if agent is None else agent
        if self.name not in names:
            raise InputError(f"{folder} holds no replies of {agent!r}; there are those of {', '.join(names)}.")
        self._said: dict[str, list[Reply]] = {
            row["episode"]: row["replies"] + ([] if row["unjudged"] is None else [row["unjudged"]])
            for row in rows
            if row["agent"] == self.name
        }
        self.configuration = {"replay_of": str(folder)}

    def act(self, turns: Sequence[Turn]) -> list[Reaction]:
        """What was said then; a failure for a turn that was not come to."""
        return [self._reaction(turn) for turn in turns]

    def _reaction(self, turn: Turn) -> Reaction:
        said = self._said.get(turn.episode, [])
        if turn.number < len(said):
            return said[turn.number]
        return Failure(
            f"ReplayError: the run holds no reply to turn {turn.number} of episode {turn.episode!r}; ask the model."
        )
