"""What the user says: question, hint and lettered menu."""

from collections.abc import Sequence

from proactive_gym.menu import lettered

CHOOSE = "Choose one of these options:"
REPLY = "Reply with one option and nothing else."


def dialogue(question: str, hint: str, options: Sequence[str], offered: Sequence[bool]) -> str:
    """The user's words for one turn; without options (open replies) the question and hint alone."""
    asked = f"{question} {hint}" if hint else question
    if not options:
        return asked
    return f"{asked}\n{CHOOSE}\n{lettered(options, offered)}\n{REPLY}"
