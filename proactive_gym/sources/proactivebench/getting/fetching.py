"""Installs from the hub."""

from collections.abc import Iterable
from pathlib import Path

from proactive_gym.errors import InputError
from proactive_gym.sources.installing.disk import Say, Watch, held, size_of, size_text
from proactive_gym.sources.proactivebench.getting.hub import Hub
from proactive_gym.sources.proactivebench.getting.place import (
    DEFAULT_FOLDER,
    REPOSITORY,
    Listed,
    Place,
    check_space,
    growth,
    matches,
    unpack_in_place,
)
from proactive_gym.sources.proactivebench.getting.unpacking import DamagedError


def install(
    folder: str | Path = DEFAULT_FOLDER,
    *,
    repository: str = REPOSITORY,
    revision: str | None = None,
    train: bool = False,
    keep_archives: bool = False,
    endpoint: str | None = None,
    watch: Watch = lambda what, done, total: None,
    say: Say = lambda sentence: None,
) -> Path:
    """Fetch the benchmark's files and unpack its pictures.

    Args:
        folder: Where everything goes; made if missing.
        repository: The data set on the hub.
        revision: A branch, tag or commit of it; ``None`` takes the newest.
        train: Whether to fetch the training split, too.
        keep_archives: Whether to keep the archives that are unpacked.
        endpoint: Address of the hub; ``None`` takes that of ``HF_ENDPOINT``.
        watch: Is told how far each file is.
        say: Is told, in a sentence, what comes next.

    Returns:
        The folder of the questions and pictures: the ``data_dir`` of the source.

    Raises:
        InputError: If the hub does not give the files, there is not enough space, a file is damaged, or an archive is
            not safe to unpack.
    """
    hub = Hub(repository, revision, endpoint)
    listed = hub.listing(train)
    with Place.opened(folder) as place:
        missing = [file for file in listed if not place.has(file, watch)]
        check_space(place, _peak(place, missing, keep_archives), f"Installing {repository}", say)
        place.begin()
        for file in missing:
            say(f"{file.path} ({size_text(file.size)})")
            found = _obtained(place, hub, file, watch)
            if file.is_archive:
                _unpack_fetched(place, file, found, keep_archives, watch)
            else:
                place.adopt(found, file.path)
        place.finish(source=repository, commit=hub.commit, train=train)
        return place.test


def _peak(place: Place, files: Iterable[Listed], keep_archives: bool) -> int:
    """Most bytes the folder grows by. Pictures hardly shrink: unpacked, an archive not yet here is taken as large."""
    level = peak = 0
    for file in files:
        part = place.part(file)
        found = next((there for there in (place.path(file.path), part) if size_of(there) == file.size), None)
        level += 0 if found else file.size - min(file.size, held(part))
        if file.is_archive:
            level += growth(place, found, file.path) if found else file.size
            peak = max(peak, level)
            level -= 0 if keep_archives or found == place.path(file.path) else file.size
        peak = max(peak, level)
    return peak


def _obtained(place: Place, hub: Hub, file: Listed, watch: Watch) -> Path:
    """The file with the size and hash the hub lists: one that is in its place already, or as fetched."""
    if matches(place.path(file.path), file, watch):
        return place.path(file.path)
    part = place.part(file)
    if size_of(part) > file.size:
        part.unlink()
    hub.fetch(file, part, watch)
    if file.size == 0:
        part.touch()
    if not matches(part, file, watch):
        part.unlink(missing_ok=True)
        raise InputError(
            f"{file.path} came damaged: its size or its hash is not what {hub.endpoint} lists; it was removed, "
            f"the same command fetches it again."
        )
    return part


def _unpack_fetched(place: Place, file: Listed, found: Path, keep: bool, watch: Watch) -> None:
    try:
        unpacked = unpack_in_place(place, found, file.path, watch)
    except DamagedError as error:
        found.unlink()
        raise InputError(
            f"The archive {file.path} is damaged ({error}) and was removed; run the same command again, and tell the "
            f"data set's authors if this comes again."
        ) from error
    place.mark_unpacked(file.path, file.size, file.hash, unpacked)
    if keep:
        place.adopt(found, file.path)
    elif found != place.path(file.path):
        found.unlink()
