"""Random replies: most ask for something that helps, so that episodes get long; the rest is what models write."""

from collections.abc import Callable
from random import Random

from proactive_gym.envs.conversation import Conversation
from proactive_gym.menu import Kind

Style = Callable[[str, str, str], str]
"""Makes a reply of an option's letter and text and of another option's text."""

PLAIN: tuple[Style, ...] = (
    lambda letter, text, other: text,
    lambda letter, text, other: f"{letter}. {text}",
    lambda letter, text, other: letter,
    lambda letter, text, other: f"{letter}.",
)
STYLES: tuple[Style, ...] = (
    *PLAIN,
    lambda letter, text, other: letter.lower(),
    lambda letter, text, other: f" {letter} . ",
    lambda letter, text, other: f"{letter}.{text}",
    lambda letter, text, other: text.lower(),
    lambda letter, text, other: text.upper(),
    lambda letter, text, other: f"  {text}\n",
    lambda letter, text, other: "  ".join(text),
    lambda letter, text, other: text.removesuffix("."),
    lambda letter, text, other: f"{letter}. {text.removesuffix('.')}",
    lambda letter, text, other: f"{letter}. {other}",
    lambda letter, text, other: f"{other}. {letter}. {text}",
    lambda letter, text, other: f"{text} {other}",
    lambda letter, text, other: f"{text}\n{other}",
    lambda letter, text, other: f"I think {letter}. {other} or rather Z. {text}",
    lambda letter, text, other: f"Hm. Let me see.\n{letter}. {text}",
    lambda letter, text, other: f"The picture shows little, so I choose {letter}. {text}",
    lambda letter, text, other: f"The answer is {letter}",
    lambda letter, text, other: f"Answer: {letter}.",
    lambda letter, text, other: f"({letter})",
    lambda letter, text, other: f"{letter}) {text}",
    lambda letter, text, other: f"`{letter}`",
    lambda letter, text, other: f"**{letter}. {text}**",
    lambda letter, text, other: f"Option {letter}.",
    lambda letter, text, other: f"{letter}\n{text}",
    lambda letter, text, other: f"É. {text}",
    lambda letter, text, other: f"{text}\u200b",
    lambda letter, text, other: f"\u00a0{text}",
    lambda letter, text, other: chr(ord(letter) + 0xFEE0) if letter < "[" else letter,
)
NOTHING = (
    *("", " ", ".", "..", "#", "#.", "\n", "I don't know", "None", "🍌", "İ", "ß."),
    *("[", "\\", "@", "Z", "A" * 9999),
)


def random_reply(random: Random, now: Conversation, patience: float) -> str:
    """A reply to the present turn; asks for something that helps with a likelihood of ``patience``, if any."""
    shown = [number for number, on in enumerate(now.offered) if on]
    helping = [number for number in shown if _helps(now, number)]
    if helping and random.random() < patience:
        return _worded(random, now, random.choice(helping), PLAIN)
    if random.random() < 0.1:
        return random.choice((*NOTHING, chr(random.randint(65, 100))))
    return _worded(random, now, now.episode.answer if random.random() < 0.3 else random.choice(shown), STYLES)


def _helps(now: Conversation, number: int) -> bool:
    option = now.episode.menu[number]
    return option.kind is Kind.INTERVENTION and option.name in now.episode.world.moves(now.state.place)


def _worded(random: Random, now: Conversation, number: int, styles: tuple[Style, ...]) -> str:
    texts = now.episode.texts
    shown = [other for other, on in enumerate(now.offered) if on]
    letter = chr(ord("A") + shown.index(number))
    return random.choice(styles)(letter, texts[number], texts[random.choice(shown)])
