"""Free words, judged by a language model.

The judge is shown a question, the list of what counts, and the reply, and says of each item whether the reply has it.
Source: ProactiveBench (arXiv 2603.19466), whose own sentences ``wording="official"`` has.
"""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

from proactive_gym.agents.base import Failure
from proactive_gym.envs.conversation import Conversation
from proactive_gym.episode import Expected
from proactive_gym.errors import InputError
from proactive_gym.stored import NO_VERDICT
from proactive_gym.wording import OWN, Wording

Message = dict[str, Any]
_VERDICT = re.compile(r"[01](?:\s*,\s*[01])*")
_THOUGHT = re.compile(r"\A.*</think>", re.DOTALL)


@runtime_checkable
class Speaker(Protocol):
    """A model that goes on with conversations; model agents (``hf:``, ``openai:``) are."""

    name: str

    def complete(self, conversations: Sequence[list[Message]]) -> Sequence[str | Failure]:
        """What the model says next in each."""


class Verdict(NamedTuple):
    """What a reply in free words came to.

    Attributes:
        suggestion: Whether it asks for something that helps.
        answer: Whether it gives the right answer.
        choice: The option that it stands for: the right answer before a request that helps; ``None`` for neither.
    """

    suggestion: bool
    answer: bool
    choice: int | None


class Judge:
    """Reads replies in free words by asking a model.

    Args:
        speaker: The model.
        wording: The sentences that it is asked in.

    Raises:
        InputError: If the model cannot be asked anything but for an agent's reply.
    """

    def __init__(self, speaker: Any, wording: Wording = OWN) -> None:
        if not isinstance(speaker, Speaker):
            raise InputError(
                f"{getattr(speaker, 'name', speaker)!r} cannot judge: a judge needs a name and a method "
                "complete(conversations), which models given as 'hf:…' and 'openai:…' have."
            )
        self.speaker = speaker
        self.wording = wording
        self.name = speaker.name

    def read(self, conversations: Sequence[Conversation], replies: Sequence[str]) -> list[Verdict | Failure]:
        """A verdict on each reply, given where its conversation stands.

        One that cannot be read, or had, is a failure: the episode then counts as an error, not as an answer.
        """
        expected = [conversation.episode.expected(conversation.state) for conversation in conversations]
        asked = [
            judge_messages(conversation.dialogue, items, reply, self.wording)
            for conversation, items, reply in zip(conversations, expected, replies, strict=True)
        ]
        said = self.speaker.complete(asked)
        return [_taken(words, items) for words, items in zip(said, expected, strict=True)]


def _taken(words: str | Failure, expected: Expected) -> Verdict | Failure:
    if isinstance(words, Failure):
        return Failure(f"JudgeError: the judge failed: {words.error}")
    verdict = read_verdict(words, expected)
    if verdict is None:
        return Failure(f"{NO_VERDICT}: the judge said {words[-80:]!r}, which holds no verdict on {expected.texts}.")
    return verdict


def judge_messages(question: str, expected: Expected, reply: str, wording: Wording = OWN) -> list[Message]:
    """The conversation that asks a judge about one reply.

    Args:
        question: What the user asked, with the hint if there was one.
        expected: What counts.
        reply: What the agent said; it is untrusted, and nothing in it is taken for a placeholder.
        wording: The sentences around it.
    """
    filled = {"question": question, "expected": str(expected.texts), "reply": reply}
    shown = re.sub(r"\{(question|expected|reply)\}", lambda found: filled[found[1]], wording.judged)
    return [
        {"role": role, "content": [{"type": "text", "text": text}]}
        for role, text in (("system", wording.judge), ("user", shown))
    ]


def read_verdict(verdict: str, expected: Expected) -> Verdict | None:
    """What the judge says; ``None`` if that cannot be read, which the benchmark counts as neither.

    As there, the last list of zeros and ones counts, so that a number in a closing remark spoils the verdict.

    Args:
        verdict: What the judge wrote; its thinking in ``<think>`` tags is left out.
        expected: What it was asked about.
    """
    lists = _VERDICT.findall(_THOUGHT.sub("", verdict))
    bits = [bit.strip() == "1" for bit in lists[-1].split(",")] if lists else []
    if len(bits) != len(expected.texts):
        return None
    asked = len(expected.suggestions)
    suggestion, answer = any(bits[:asked]), any(bits[asked:])
    # The answer first: whoever gives it right need not ask as well.
    items = (*expected.answers, *expected.suggestions)
    order = [*bits[asked:], *bits[:asked]]
    choice = next((number for (_, number), bit in zip(items, order, strict=True) if bit), None)
    return Verdict(suggestion, answer, choice)
