"""The environments' keyword arguments, checked in one place."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, Self, get_args

from proactive_gym.envs.scenario import Scenario
from proactive_gym.errors import InputError, check_choice, check_whole
from proactive_gym.phrases import Decoys, Phrases, Phrasing
from proactive_gym.reading import Reading
from proactive_gym.reward import Reward
from proactive_gym.setting import Control, MenuOrder, Setting
from proactive_gym.sources import Source, make_source
from proactive_gym.sources.proactivebench.wording import official_wording
from proactive_gym.users import USERS, UserName
from proactive_gym.wording import OWN, Wording, wording_from

Reply = Literal["choice", "text", "open"]

OF_VECTORS = ("num_envs", "autoreset", "device")
"""What only ``gym.make_vec`` takes."""


@dataclass(frozen=True)
class Arguments:
    """Keyword arguments of ``gym.make`` and ``gym.make_vec`` for every id.

    Attributes:
        source: Name of a source, or a source object.
        data_dir: Folder of the source's files, where it reads any.
        split: The source's split; for scenes ``"train"``, ``"validation"`` or ``"test"`` (the default), for the
            official files ``"filtered"`` (the default) or ``"all"``.
        image_size: Side of the square picture in pixels; 224 for scenes, for the official files each picture's own.
        skip_bad: Whether the sources ``"folder"`` and ``"doodles"`` leave out the files or lines that something is
            wrong with, instead of refusing all of them.
        reply: ``"choice"``: an option's number; ``"text"``: a written reply that is read; ``"open"``: free words, no
            menu.
        reading: How a written reply is read: ``"lenient"``, or ``"strict"`` as the benchmark does.
        menu_order: ``"shuffled"``, or ``"benchmark"``: interventions and abstention first, then answers.
        hint: ``True`` adds the scenario's hint to the question, a string adds that string.
        clear: The reference setting: the sufficient picture, only answers on the menu.
        interventions: ``"valid"``, or ``"foreign"``: the menu's interventions come from other scenarios.
        control: ``None``, ``"sufficient"`` (asking is needless), ``"unhelpful"`` (asking cannot help) or ``"mixed"``.
        budget: Most requests allowed; ``None`` leaves the scenario's own limit.
        reward: ``"accuracy"`` or a ``Reward``.
        single_turn: Whether the episode ends after the first reply.
        wording: The user's fixed sentences: ``"own"``, ``"official"`` (from the package ``proactivebench``; the default
            for the source of that name, where it is installed), a TOML file, or a ``Wording``.
        user: Who does what is requested: ``"perfect"``; ``"refusing"``: now and then refuses; ``"clumsy"``: now and
            then does another thing; ``"slow"``: needs a turn; ``"half"``: does half. See docs/users.md.
        phrasing: In which words interventions stand on the menu: ``"train"``; held out to test with are ``"test"``,
            paraphrases; ``"indirect"``, what people say who do not name the intervention; ``"german"``, ``"french"``,
            ``"spanish"`` and ``"italian"``. See docs/phrases.md.
        decoys: Two more interventions on each menu, which do nothing: ``"none"``, ``"far"`` (they belong to other
            scenarios), ``"near"`` (they seem to help in this one) or ``"mixed"`` (one of each).
    """

    source: str | Source = "scenes"
    data_dir: str | None = None
    split: str | None = None
    image_size: int | None = None
    skip_bad: bool = False
    reply: Reply = "choice"
    reading: Literal["lenient", "strict"] | None = None
    menu_order: MenuOrder | None = None
    hint: bool | str = False
    clear: bool = False
    interventions: Literal["valid", "foreign"] = "valid"
    control: Control | None = None
    budget: int | None = None
    reward: str | Reward = "accuracy"
    single_turn: bool = False
    wording: str | Path | Wording | None = None
    user: UserName = "perfect"
    phrasing: Phrasing = "train"
    decoys: Decoys = "none"

    @classmethod
    def checked(cls, given: dict[str, Any]) -> Self:
        """The arguments, each of them known and of a possible value.

        Raises:
            InputError: Naming the argument, its value and what was expected.
        """
        known = [field.name for field in fields(cls)]
        for name in given:
            if name not in known:
                nearest = get_close_matches(name, [*known, *OF_VECTORS], n=1)
                hint = f" (did you mean {nearest[0]!r}?)" if nearest else ""
                if nearest and nearest[0] in OF_VECTORS:
                    hint = f" (gym.make_vec takes {nearest[0]!r})"
                raise InputError(f"{name!r} is no argument of this environment{hint}; there are {', '.join(known)}.")
        arguments = cls(**given)
        arguments._check()
        return arguments

    def _check(self) -> None:
        check_choice("reply", self.reply, get_args(Reply))
        check_choice("interventions", self.interventions, ("valid", "foreign"))
        check_choice("user", self.user, USERS)
        check_choice("phrasing", self.phrasing, get_args(Phrasing))
        check_choice("decoys", self.decoys, get_args(Decoys))
        if self.reading is not None:
            check_choice("reading", self.reading, [reading.value for reading in Reading])
        if self.menu_order is not None:
            check_choice("menu_order", self.menu_order, get_args(MenuOrder))
        if self.control is not None:
            check_choice("control", self.control, get_args(Control))
        if self.budget is not None:
            check_whole("budget", self.budget, 0)
        for name in ("clear", "single_turn", "skip_bad"):
            if not isinstance(getattr(self, name), bool):
                raise InputError(f"{name} is {getattr(self, name)!r}, but must be True or False.")
        if not isinstance(self.wording, str | Path | Wording | None):
            raise InputError(
                f"wording is {self.wording!r}, but must be 'own', 'official', the name of a TOML file, or a Wording."
            )
        if not isinstance(self.hint, bool | str):
            raise InputError(f"hint is {self.hint!r}, but must be True, False or a string.")
        if self.clear and self.control is not None:
            raise InputError(
                f"control={self.control!r} needs interventions on the menu, but clear=True leaves only answers."
            )
        if self.user != "perfect" and (self.single_turn or self.clear):
            given = "single_turn" if self.single_turn else "clear"
            raise InputError(
                f"user={self.user!r} shows in what comes after a request, but with {given}=True nothing does; "
                "leave one of them out."
            )
        if self.decoys != "none" and (self.clear or self.interventions == "foreign"):
            why = "clear=True leaves only answers" if self.clear else "with interventions='foreign' none of them helps"
            raise InputError(f"decoys={self.decoys!r} stand beside interventions that help, but {why}.")
        Reward.named(self.reward)

    def made_source(self) -> Source:
        """The source that ``source``, ``data_dir``, ``split``, ``image_size`` and ``skip_bad`` describe."""
        source = make_source(self.source, self.data_dir, self.split, self.image_size, self.skip_bad)
        if self.control is not None and not source.knows_sufficiency:
            raise InputError(f"control={self.control!r} needs rendered scenes, but the source is {source.name!r}.")
        return source

    def setting(self, source: Source, scenarios: Sequence[Scenario]) -> Setting:
        """How conversations are set up; ``scenarios`` are those that foreign ones and decoys may come from."""
        others: Phrases = {}
        if self.interventions == "foreign" or self.decoys != "none":
            others = {name: texts for item in scenarios for name, texts in item.phrases(self.phrasing).items()}
        return Setting(
            hint=self.hint,
            clear=self.clear,
            foreign=others if self.interventions == "foreign" else None,
            control=self.control,
            budget=self.budget,
            menu_order=self.menu_order or source.defaults.get("menu_order", "shuffled"),
            single_turn=self.single_turn,
            open=self.reply == "open",
            wording=self.chosen_wording(source),
            user=self.user,
            phrasing=self.phrasing,
            decoys=self.decoys,
            far={} if self.decoys == "none" else others,
        )

    def chosen_wording(self, source: Source) -> Wording:
        """The user's fixed sentences.

        Raises:
            InputError: If they are to come from a file or package that does not hold them.
        """
        if isinstance(self.wording, Wording):
            return self.wording
        if self.wording is None:
            return _official_or_own() if source.defaults.get("wording") == "official" else OWN
        if self.wording == "own":
            return OWN
        if self.wording == "official":
            return official_wording()
        return wording_from(self.wording)

    def chosen_reading(self, source: Source) -> Reading:
        """How written replies are read."""
        return Reading(self.reading or source.defaults.get("reading", "lenient"))


def _official_or_own() -> Wording:
    try:
        return official_wording()
    except InputError:
        return OWN
