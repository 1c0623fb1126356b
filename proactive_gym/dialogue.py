"""What the user says: question, hint and lettered menu."""

from collections.abc import Sequence

from proactive_gym.menu import lettered

TEMPLATE = "{question}\nChoose one of these options:\n{menu}\nReply with one option and nothing else."
"""How question and menu are put together."""


def dialogue(
    question: str,
    hint: str,
    options: Sequence[str],
    offered: Sequence[bool],
    template: str = TEMPLATE,
    remark: str = "",
) -> str:
    """The user's words for one turn; without options (open replies) the question and hint alone.

    Args:
        question: What is asked.
        hint: What is added to it, or ``""``.
        options: The whole menu.
        offered: Which of it is on offer.
        template: Text with ``{question}`` and ``{menu}`` once each.
        remark: What the user says first, on a line of its own, of what was asked for last; or ``""``.
    """
    asked = f"{question} {hint}" if hint else question
    if remark:
        asked = f"{remark}\n{asked}"
    if not options:
        return asked
    # Not str.format: the question and the options may hold braces of their own.
    before, _, rest = template.partition("{question}")
    between, _, after = rest.partition("{menu}")
    return f"{before}{asked}{between}{lettered(options, offered)}{after}"
