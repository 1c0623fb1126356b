"""Where episodes come from, by name."""

from importlib.metadata import entry_points
from inspect import signature
from typing import Any

from proactive_gym.errors import InputError, check_choice
from proactive_gym.sources.base import Source
from proactive_gym.sources.built_in import BUILT_IN, built_in
from proactive_gym.sources.fixed import FixedEpisodes
from proactive_gym.sources.proactivebench.source import ProactiveBenchSource
from proactive_gym.sources.scenes.source import ScenesSource

__all__ = ["FixedEpisodes", "ProactiveBenchSource", "ScenesSource", "Source", "make_source", "source_names"]

GROUP = "proactive_gym.sources"


def source_names() -> list[str]:
    """Names of the built-in sources and of those that installed packages add."""
    return [*BUILT_IN, *sorted({entry.name for entry in entry_points(group=GROUP)} - set(BUILT_IN))]


def make_source(
    source: "str | Source",
    data_dir: str | None = None,
    split: str | None = None,
    image_size: int | None = None,
    skip_bad: bool = False,
) -> Source:
    """The source of that name, or ``source`` itself if it is one already.

    Args:
        source: A name of ``source_names()``, or a source.
        data_dir: Folder of its files, if it reads any.
        split: The split its episodes are from.
        image_size: Side of its square pictures, in pixels.
        skip_bad: Whether it is to leave out what is bad; only sources that take ``skip_bad`` can.

    Raises:
        InputError: If there is none of that name, or if it cannot take the other arguments.
    """
    if not isinstance(source, str):
        return _checked(source, data_dir=data_dir, split=split, image_size=image_size, skip_bad=skip_bad or None)
    check_choice("source", source, source_names())
    maker = built_in(source) if source in BUILT_IN else next(iter(entry_points(group=GROUP, name=source))).load()
    arguments: dict[str, Any] = {"data_dir": data_dir, "split": split, "image_size": image_size}
    if skip_bad:
        if "skip_bad" not in signature(maker).parameters:
            raise InputError(f"skip_bad is True, but the source {source!r} leaves nothing out; leave skip_bad out.")
        arguments["skip_bad"] = True
    made: Source = maker(**arguments)
    return made


def _checked(source: Any, **arguments: Any) -> Source:
    given = [f"{name}={value!r}" for name, value in arguments.items() if value is not None]
    if given:
        raise InputError(
            f"{', '.join(given)} goes with a source's name; give it to the source object you made instead."
        )
    if not all(
        callable(getattr(source, method, None)) for method in ("episode", "episode_name", "menu_size", "paint", "size")
    ):
        raise InputError(f"source is {source!r}, but must be a name or an object like proactive_gym.sources.Source.")
    made: Source = source
    return made
