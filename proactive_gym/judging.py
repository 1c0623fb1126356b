"""What a judge of free words is asked, and how its verdict is read.

The judge is any language model; it is shown a question, the list of what counts, and the reply, and says of each item
whether the reply has it. Source: ProactiveBench (arXiv 2603.19466), whose own sentences ``wording="official"`` has.
"""

import re
from typing import NamedTuple

from proactive_gym.episode import Expected
from proactive_gym.wording import OWN, Wording

_VERDICT = re.compile(r"[01](?:\s*,\s*[01])*")


class Verdict(NamedTuple):
    """What a reply in free words came to.

    Attributes:
        suggestion: Whether it asks for something that helps.
        answer: Whether it gives the right answer.
    """

    suggestion: bool
    answer: bool

    @property
    def either(self) -> bool:
        """Whether it does one or the other."""
        return self.suggestion or self.answer


def judge_messages(question: str, expected: Expected, reply: str, wording: Wording = OWN) -> list[dict[str, str]]:
    """The conversation that asks a judge about one reply, as messages with ``role`` and ``content``.

    Args:
        question: What the user asked, with the hint if there was one.
        expected: What counts.
        reply: What the agent said; it is untrusted, and nothing in it is taken for a placeholder.
        wording: The sentences around it.
    """
    filled = {
        "question": question,
        "expected": str([item.strip() for item in (*expected.suggestions, *expected.answers)]),
        "reply": reply,
    }
    shown = re.sub(r"\{(question|expected|reply)\}", lambda found: filled[found[1]], wording.judged)
    return [{"role": "system", "content": wording.judge}, {"role": "user", "content": shown}]


def read_verdict(verdict: str, expected: Expected) -> Verdict | None:
    """What the judge says; ``None`` if that cannot be read, which the benchmark counts as neither.

    As there, the last list of zeros and ones counts, so that a number in a closing remark spoils the verdict.

    Args:
        verdict: What the judge wrote, without its thinking.
        expected: What it was asked about.
    """
    lists = _VERDICT.findall(verdict)
    bits = [bit.strip() == "1" for bit in lists[-1].split(",")] if lists else []
    if len(bits) != len(expected.suggestions) + len(expected.answers):
        return None
    asked = len(expected.suggestions)
    return Verdict(any(bits[:asked]), any(bits[asked:]))
