"""Episodes of anyone's labelled pictures and clips."""

import warnings
from collections.abc import Sequence
from pathlib import Path

from proactive_gym.errors import InputError, check_choice
from proactive_gym.sources.folder.contents import Contents, contents_of
from proactive_gym.sources.folder.problems import Problem
from proactive_gym.sources.folder.splits import LEAST, class_splits, with_pictures_of
from proactive_gym.sources.scenes.named import catalogue_of
from proactive_gym.sources.scenes.source import ScenesSource
from proactive_gym.sources.scenes.subjects import SPLITS, Catalogue

TOLD = 3
"""Problems that an error spells out."""


class FolderSource(ScenesSource):
    """Labelled photographs, ``DIR/class/picture.jpg``, and clips, ``DIR/class/clip/0001.jpg`` or ``…/clip.mp4``.

    Photographs are occluded, spoilt and framed badly, clips are stopped at the wrong moment. See docs/sources.md for
    what may be in the folder beside them. All of it is looked through when the source is made.

    Args:
        data_dir: The folder.
        split: ``"train"``, ``"validation"`` or ``"test"``; they share no classes, or, where there are too few of them,
            no pictures.
        image_size: Side of the square pictures, in pixels.
        boxes: Table or COCO annotations that say where the subjects are; ``boxes.csv`` or ``annotations.json`` in the
            folder by default, and the middle of each picture where there is none.
        clips: Table that says which frames show the subject; ``clips.csv`` in the folder by default.
        skip_bad: Whether to leave out what something is wrong with, under a warning, instead of refusing the folder.

    Attributes:
        skipped: What was left out, and why.

    Raises:
        InputError: If anything is wrong with the folder, unless it is to be left out; or if too few classes are left.
    """

    def __init__(
        self,
        data_dir: str | Path | None = None,
        split: str | None = None,
        image_size: int | None = None,
        boxes: str | Path | None = None,
        clips: str | Path | None = None,
        skip_bad: bool = False,
    ) -> None:
        if data_dir is None:
            raise InputError("The source 'folder' needs data_dir, a folder with a folder of pictures for each class.")
        split = check_choice("split", "test" if split is None else split, SPLITS)
        marked, showing = (None if file is None else Path(file) for file in (boxes, clips))
        contents = contents_of(Path(data_dir).expanduser().absolute(), marked, showing)
        self._open(contents, split, image_size)
        if contents.problems and not skip_bad:
            raise InputError(_summary(contents))
        self.skipped: tuple[Problem, ...] = contents.problems
        if self.skipped:
            warnings.warn(f"Left out: {_told(self.skipped)}", stacklevel=2)
        if class_splits(thing.name for thing in contents.things) is None:
            warnings.warn(
                f"{contents.root} has too few classes for splits that share none ({len(contents.things)}, of which "
                f"each split needs {LEAST}): all splits have all classes, and share no pictures.",
                stacklevel=2,
            )

    def _open(self, contents: Contents, split: str, image_size: int | None) -> None:
        self._contents = contents
        super().__init__(split, image_size, catalogue(contents, split))

    def for_practice(self) -> "FolderSource":
        """Where worked examples come from: the training split."""
        practice = object.__new__(FolderSource)
        practice.skipped = self.skipped
        practice._open(self._contents, "train", self.side)
        return practice


def catalogue(contents: Contents, split: str) -> Catalogue:
    """The classes of a folder, divided among the splits; or all of them with the split's pictures.

    Raises:
        InputError: If there are too few for a menu.
    """
    splits = class_splits(thing.name for thing in contents.things)
    things = list(contents.things) if splits is not None else with_pictures_of(contents.things, split)
    if len(things) < LEAST:
        names = ", ".join(repr(thing.name) for thing in things)
        raise InputError(
            f"{contents.root} has {len(things)} classes with pictures for the split {split!r}"
            f"{f' ({names})' if names else ''}, but a menu has four answers: there must be at least {LEAST}."
            f"{f' Wrong besides: {_told(contents.problems)}' if contents.problems else ''}"
        )
    return catalogue_of("folder", things, contents.attribution, splits or {thing.name: split for thing in things})


def _summary(contents: Contents) -> str:
    number = len(contents.problems)
    return (
        f"{number} thing{'s are' if number > 1 else ' is'} wrong with {contents.root}: {_told(contents.problems)} "
        f"`proactive-gym data check {contents.root}` lists all; mend them, or leave out what they spoil "
        "(skip_bad=True, --skip-bad)."
    )


def _told(problems: Sequence[Problem]) -> str:
    more = f" … and {len(problems) - TOLD} more." if len(problems) > TOLD else ""
    return " ".join(found.says for found in problems[:TOLD]) + more
