"""How a conversation is set up, apart from what it is about."""

from dataclasses import dataclass, field
from typing import Literal

from proactive_gym.phrases import Decoys, Phrases, Phrasing
from proactive_gym.users import UserName
from proactive_gym.wording import OWN, Wording

Control = Literal["sufficient", "unhelpful", "mixed"]
MenuOrder = Literal["shuffled", "benchmark"]


@dataclass(frozen=True)
class Setting:
    """What a source needs to know to make an episode; the environments' keyword arguments, checked.

    Attributes:
        hint: ``True`` adds the wording's hint to the question, a string adds that string.
        clear: The reference setting: the sufficient picture, only answers on the menu, one turn.
        foreign: For the random-option ablation: the interventions, by name, that the menu draws from in place of the
            scenario's own (which are left out of them); ``None`` for the valid ones.
        control: Which twin of the episode is played; ``"mixed"`` takes turns.
        budget: Most requests allowed, or ``None`` for the scenario's own limit.
        menu_order: ``"shuffled"``, or ``"benchmark"``: interventions and abstentions first, then answers.
        single_turn: Whether the episode ends after the first reply.
        open: Whether replies are in free words, so that no menu is shown.
        wording: The user's fixed sentences.
        user: Who shows the pictures, by name.
        phrasing: In which words interventions stand on the menu.
        decoys: How plausible the interventions are that stand on the menu and do nothing, if there are any.
        far: Interventions of other scenarios, from which decoys are drawn that are not plausible.
    """

    hint: bool | str = False
    clear: bool = False
    foreign: Phrases | None = field(default=None, hash=False)
    control: Control | None = None
    budget: int | None = None
    menu_order: MenuOrder = "shuffled"
    single_turn: bool = False
    open: bool = False
    wording: Wording = OWN
    user: UserName = "perfect"
    phrasing: Phrasing = "train"
    decoys: Decoys = "none"
    far: Phrases = field(default_factory=dict, hash=False)
