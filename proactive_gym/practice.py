"""Worked examples: what a good user of help would have done in other episodes of the same kind."""

from proactive_gym.agents.base import Reply, Turn
from proactive_gym.draw import Draw
from proactive_gym.envs.conversation import Conversation
from proactive_gym.envs.desk import Desk
from proactive_gym.errors import InputError, check_whole
from proactive_gym.turns import Played, turn_of


class WorkedExamples:
    """Playeds for each scenario, made by whoever is told the answers, on episodes that are not played.

    Args:
        desk: The environment whose episodes are played; the examples are in the same setting.
        number: How many examples each turn is shown.

    Raises:
        InputError: If the number is impossible, or if the source has no episodes for practice.
    """

    def __init__(self, desk: Desk, number: int) -> None:
        self.number = check_whole("shots", number, 0)
        self._made: dict[str, Played] = {}
        if number:
            for_practice = getattr(desk.source, "for_practice", None)
            if for_practice is None:
                raise InputError(
                    f"shots is {number}, but the source {desk.source.name!r} has none for practice; leave it out."
                )
            of_source = dict.fromkeys(("data_dir", "split", "image_size"))
            given = {**desk.given, **of_source, "source": for_practice(), "skip_bad": False}
            self._desk = Desk(desk.scenarios, desk.scenarios, given)

    def before(self, conversation: Conversation) -> tuple[Played, ...]:
        """The examples that come before that conversation; always the same, and never itself."""
        if not self.number:
            return ()
        name, scenario = conversation.episode.name, conversation.episode.scenario
        source, setting = self._desk.source, self._desk.setting
        of_it = [item for item in self._desk.scenarios if item.name == scenario]
        several = range(int(min(self.number + 1, source.size(of_it))))
        others = (source.episode_name(of_it, number, setting) for number in several)
        chosen = [other for other in others if other.rpartition("/")[2] != name.rpartition("/")[2]][: self.number]
        if len(chosen) < self.number:
            raise InputError(
                f"shots is {self.number}, but there are only {len(chosen)} other episodes of {scenario!r}."
            )
        return tuple([self._example(other) for other in Draw(f"{name}/examples").shuffled(chosen)])

    def _example(self, name: str) -> Played:
        if name not in self._made:
            self._made[name] = worked(self._desk, name)
        return self._made[name]


def worked(desk: Desk, name: str) -> Played:
    """One episode played by whoever is told the answer."""
    conversation = desk.begin(name)
    exchanges: list[tuple[Turn, Reply]] = []
    while not conversation.state.over:
        (image,) = desk.source.paint([conversation.picture])
        turn = turn_of(conversation, image)
        choice = conversation.best_choice()
        exchanges.append((turn, choice if turn.options else conversation.episode.texts[choice]))
        conversation.reply(choice)
    return tuple(exchanges)
