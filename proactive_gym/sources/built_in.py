"""The sources that the package brings, by name; each is imported when it is asked for."""

from collections.abc import Callable
from importlib import import_module

from proactive_gym.sources.base import Source

BUILT_IN = {
    "scenes": "scenes.source:rendered",
    "proactivebench": "proactivebench.source:ProactiveBenchSource",
    "photos": "photos:photos",
    "furniture": "furniture.source:furniture",
    "doodles": "doodles.source:doodles",
    "folder": "folder.source:FolderSource",
}
"""Where the maker of each is, below this room; it takes ``data_dir``, ``split`` and ``image_size``, as those of other
packages do (entry points of the group ``proactive_gym.sources``), and ``skip_bad`` if it can leave out what is bad."""


def built_in(name: str) -> Callable[..., Source]:
    """The maker of the source of that name."""
    module, _, maker = BUILT_IN[name].partition(":")
    made: Callable[..., Source] = getattr(import_module(f"proactive_gym.sources.{module}"), maker)
    return made


def attribution_of(name: str) -> str:
    """Whose pictures the source of that name shows, in one sentence: its module's ``ATTRIBUTION``, if it has one."""
    if name not in BUILT_IN:
        return ""
    module, _, _ = BUILT_IN[name].partition(":")
    said: str = getattr(import_module(f"proactive_gym.sources.{module}"), "ATTRIBUTION", "")
    return said
