"""How a turn is put to a language model, and how what it says is taken: the part that all model agents share."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from proactive_gym.agents.base import Reply, Turn
from proactive_gym.errors import check_choice, check_whole
from proactive_gym.menu import Kind, letter

History = Literal["none", "text", "images"]
Message = dict[str, Any]
"""``role``, and ``content``: a list of blocks, ``{"type": "text", "text": …}`` or
``{"type": "image", "image": …}``, where the picture is an array, uint8 ``(H, W, 3)``."""

THINK = 'Think step by step first. Then write your reply on a last line that begins with "Answer:".'
# Within one line, so that no text takes more time than its length.
_ANSWER = re.compile(r"^[^\w\n]*answer[^\w\n:]*:[*_\s]*", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Asking:
    """How a turn is put to a model.

    Attributes:
        history: Whether it is reminded of the episode's earlier turns: not at all, of what was said, or also of the
            pictures.
        history_turns: The most earlier turns it is reminded of, the latest ones.
        history_images: The most earlier pictures it is shown again, the latest ones.
        thought: Whether it is asked to think aloud before it replies.
        tools: Whether the options are offered as tools too: one per intervention, one to answer, one to give up.
        system: What the system says first, if anything.

    Raises:
        InputError: If a value is impossible.
    """

    history: History = "none"
    history_turns: int = 16
    history_images: int = 4
    thought: bool = False
    tools: bool = False
    system: str = ""

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        check_choice("history", self.history, get_args(History))
        check_whole("history_turns", self.history_turns, 0)
        check_whole("history_images", self.history_images, 0)


def messages(turn: Turn, asking: Asking) -> list[Message]:
    """The conversation that asks a model for its reply to ``turn``: worked examples, earlier turns, the turn itself."""
    said: list[Message] = []
    if asking.system:
        said.append({"role": "system", "content": [_text(asking.system)]})
    for example in turn.examples:
        for earlier, reply in example:
            said += [_asked(earlier, asking, picture=True), _replied(earlier, reply, asking)]
    told = turn.history[len(turn.history) - min(len(turn.history), asking.history_turns) :]
    for place, (earlier, reply) in enumerate([] if asking.history == "none" else told):
        shown = asking.history == "images" and len(told) - place <= asking.history_images
        said += [_asked(earlier, asking, picture=shown), _replied(earlier, reply, asking)]
    return [*said, _asked(turn, asking, picture=True)]


def pictures(conversation: Sequence[Message]) -> list[Any]:
    """The pictures in a conversation, in order."""
    return [block["image"] for message in conversation for block in message["content"] if block["type"] == "image"]


def final(text: str, asking: Asking) -> str:
    """The reply in what a model wrote: what stands behind the last "Answer:", where it was asked to think aloud."""
    return _ANSWER.split(text)[-1].strip() if asking.thought else text


def spoken(turn: Turn, reply: Reply) -> str:
    """A reply in words: an option's number as its letter and text."""
    if isinstance(reply, str):
        return reply
    place = int(turn.action_mask[:reply].sum())
    return f"{letter(place)}. {turn.options[reply]}"


def _asked(turn: Turn, asking: Asking, picture: bool) -> Message:
    text = f"{turn.dialogue}\n{THINK}" if asking.thought else turn.dialogue
    blocks = [{"type": "image", "image": turn.image}] if picture else []
    return {"role": "user", "content": [*blocks, _text(text)]}


def _replied(turn: Turn, reply: Reply, asking: Asking) -> Message:
    words = spoken(turn, reply)
    return {"role": "assistant", "content": [_text(f"Answer: {words}" if asking.thought else words)]}


def _text(text: str) -> Message:
    return {"type": "text", "text": text}


# --- Tools ------------------------------------------------------------------------------------------------------------


def tools(turn: Turn) -> list[dict[str, Any]]:
    """The options on offer as tools, in the form that chat templates and endpoints take."""
    made = [_tool(_name(turn, number), turn.options[number]) for number in turn.on_offer(Kind.INTERVENTION)]
    answers = [turn.options[number] for number in turn.on_offer(Kind.ANSWER)]
    if answers:
        choice = {"choice": {"type": "string", "enum": answers, "description": "The answer."}}
        made.append(_tool("answer", "Answer the user's question.", choice))
    if turn.on_offer(Kind.ABSTENTION):
        made.append(_tool("abstain", "Say that the question cannot be answered."))
    return made


def called(turn: Turn, name: str, arguments: Mapping[str, Any]) -> Reply:
    """The reply that calling a tool amounts to; text that names no option if there is no such tool or choice."""
    for number in turn.on_offer(Kind.INTERVENTION):
        if name == _name(turn, number):
            return number
    if name == "abstain" and turn.on_offer(Kind.ABSTENTION):
        return turn.on_offer(Kind.ABSTENTION)[0]
    choice = arguments.get("choice")
    return choice if name == "answer" and isinstance(choice, str) else f"{name}({dict(arguments)})"


def _name(turn: Turn, number: int) -> str:
    words = re.sub(r"[^a-z0-9]+", "_", turn.options[number].lower()).strip("_")
    return f"request_{number}_{words}"[:60]


def _tool(name: str, description: str, properties: Mapping[str, Any] | None = None) -> dict[str, Any]:
    parameters = {"type": "object", "properties": dict(properties or {}), "required": list(properties or {})}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}
