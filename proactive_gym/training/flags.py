"""A recipe's flags: the fields of one dataclass, whose comments are the help."""

import argparse
import inspect
import re
import types
from collections.abc import Sequence
from dataclasses import MISSING, Field, asdict, fields
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

Flags = TypeVar("Flags")

_COMMENTED = re.compile(r"^    (\w+): [^#]*?#\s*(.+)$", re.MULTILINE)


def add_flags(parser: argparse.ArgumentParser, flags: type[Any]) -> None:
    """One option per field: ``learning_rate: float = 3e-4  # help`` becomes ``--learning-rate``.

    Args:
        parser: Gets the options.
        flags: A dataclass whose fields are ``bool``, ``int``, ``float``, ``str``, ``Literal`` or ``tuple`` of these,
            or one of them or ``None``.
    """
    told_of = comments(flags)
    hints = get_type_hints(flags)
    for field in fields(flags):
        told = told_of.get(field.name, "").replace("%", "%%")
        default = _default(field)
        shown = "" if default in (None, ()) else f" (default: {_plain(default)})"
        names = ["--" + field.name.replace("_", "-")]
        parser.add_argument(*names, dest=field.name, default=default, help=told + shown, **_taken(hints[field.name]))


def comments(flags: type[Any]) -> dict[str, str]:
    """What stands behind each field in the source."""
    return dict(_COMMENTED.findall(inspect.getsource(flags)))


def made(flags: type[Flags], parsed: argparse.Namespace) -> Flags:
    """The dataclass, as the command line fills it in."""
    values = {field.name: getattr(parsed, field.name) for field in fields(flags)}  # type: ignore[arg-type]
    return flags(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})


def flags_from(flags: type[Flags], description: str | None, arguments: Sequence[str] | None = None) -> Flags:
    """What the command line says, for a recipe that is run by itself."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    add_flags(parser, flags)
    return made(flags, parser.parse_args(arguments))


def as_words(flags: Any) -> dict[str, Any]:
    """The flags as they stand in a JSON file."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(flags).items()}


def _default(field: "Field[Any]") -> Any:
    return field.default if field.default is not MISSING else None


def _plain(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _taken(kind: Any) -> dict[str, Any]:
    """What argparse has to be told of a type."""
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(part for part in get_args(kind) if part is not type(None))
    if kind is bool:
        return {"action": argparse.BooleanOptionalAction}
    if get_origin(kind) is Literal:
        return {"choices": get_args(kind)}
    if get_origin(kind) is tuple:
        return {"nargs": "*", "type": get_args(kind)[0], "metavar": "X"}
    return {"type": kind, "metavar": kind.__name__.upper()[:5]}
