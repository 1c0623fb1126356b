"""The user's fixed sentences: how a menu is put, hints, what a judge is told.

Numbers are comparable only where these are the same, so every run says which wording it used.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from string import Formatter
from typing import Any

from proactive_gym.dialogue import TEMPLATE
from proactive_gym.errors import InputError, check_choice
from proactive_gym.users import REMARKS, Response

_JUDGE = """You check the reply of an assistant against a list of things it may say.
For each item of the list decide whether the reply says it or clearly implies it: other words for the same idea count, \
and so does an action that amounts to it. An item that is absent, contradicted or denied does not count.
Think first. Then write one last line with nothing on it but a 1 or a 0 for each item, in the order of the list, \
separated by commas."""
_JUDGED = "Question: {question}\nList: {expected}\nReply: {reply}"


@dataclass(frozen=True)
class Wording:
    """A set of fixed sentences.

    Attributes:
        name: What reports call it.
        template: How question and menu are put together: text with ``{question}`` and, after it, ``{menu}``.
        hints: What is added to the question where hints are on, by scenario; the scenario's own where missing.
            ``"framing/farther"`` is for pictures that a step back mends.
        open_hint: The same where the reply is in free words, for all scenarios.
        prefixes: What is said before the question of a source that asks for it, by scenario.
        clear_questions: The question of the reference setting, by scenario; the episode's own where missing.
        remarks: What a user who is not perfect says of what was done, by what that is; ``REMARKS`` where missing.
        judge: What a judge of free words is told to do.
        judged: What the judge is shown: text with ``{question}``, ``{expected}`` and ``{reply}``.

    Raises:
        InputError: If a template lacks one of its placeholders or has another, or if there is no such remark.
    """

    name: str = "own"
    template: str = TEMPLATE
    hints: Mapping[str, str] = field(default_factory=dict, hash=False)
    open_hint: str = "If you cannot tell, say what I could do to help you."
    prefixes: Mapping[str, str] = field(default_factory=dict, hash=False)
    clear_questions: Mapping[str, str] = field(default_factory=dict, hash=False)
    remarks: Mapping[Response, str] = field(default_factory=dict, hash=False)
    judge: str = _JUDGE
    judged: str = _JUDGED

    def __post_init__(self) -> None:
        """Refuse templates that would not hold what they should, and remarks on what nobody does."""
        for what, remark in self.remarks.items():
            check_choice(f"A remark in the wording {self.name!r}", what, [known.value for known in REMARKS])
            if "{done}" in REMARKS[Response(what)] and "{done}" not in remark:
                raise InputError(
                    f"The remark {what!r} in the wording {self.name!r} is {remark!r}, but must hold {{done}}, what was "
                    "done instead."
                )
        _check_template(f"The template of the wording {self.name!r}", self.template, ("question", "menu"))
        _check_template(f"'judged' of the wording {self.name!r}", self.judged, ("question", "expected", "reply"))


def wording_from(file: str | Path) -> Wording:
    """The wording in a TOML file, whose keys are ``Wording``'s attributes; ``hints`` and the like are tables.

    What the file leaves out is worded as ``OWN``; without a ``name`` it is called like the file.

    Raises:
        InputError: If the file cannot be read, is no TOML, or has a key or value that a wording cannot have.
    """
    path = Path(file)
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"The wording {file} is no TOML file in UTF-8: {error}.") from error
    except (OSError, ValueError) as error:  # a ValueError is a name that no file can have
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"The wording {file} cannot be read: {reason}.") from error
    kinds = {item.name: str if isinstance(getattr(OWN, item.name), str) else dict for item in fields(Wording)}
    for key, value in given.items():
        _check_entry(path, key, value, kinds)
    return replace(OWN, **{"name": path.stem, **given})


def _check_entry(path: Path, key: str, value: Any, kinds: Mapping[str, type]) -> None:
    if key not in kinds:
        raise InputError(f"The wording {path} has a key {key!r}, but there are only {', '.join(kinds)}.")
    expected = "a table of texts by scenario" if kinds[key] is dict else "a text"
    texts = value.values() if isinstance(value, dict) else [value]
    if not isinstance(value, kinds[key]) or not all(isinstance(text, str) for text in texts):
        raise InputError(f"{key!r} in the wording {path} is {value!r}, but must be {expected}.")


def _check_template(where: str, template: str, names: tuple[str, ...]) -> None:
    wanted = " and ".join(f"{{{name}}}" for name in names)
    try:
        found = [
            (name, spec, conversion) for _, name, spec, conversion in Formatter().parse(template) if name is not None
        ]
    except ValueError as error:
        raise InputError(f"{where} is {template!r}, which has a stray brace ({error}); it needs {wanted}.") from error
    if found != [(name, "", None) for name in names] or "{{" in template or "}}" in template:
        raise InputError(
            f"{where} is {template!r}, but must hold {wanted}, each once, in this order, and no other braces."
        )


OWN = Wording(
    prefixes=dict.fromkeys(("video_occlusion", "video_moment"), "This is one moment of a video."),
    clear_questions={"occlusion": "What is this?"},
)
"""This package's own sentences."""
