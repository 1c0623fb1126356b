"""Installing pictures: from Debian's and npm's archives, from folders, through tools that fail, though killed."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from proactive_gym.cli import main
from proactive_gym.errors import InputError
from proactive_gym.sources import make_source
from proactive_gym.sources.installing import PACKAGES, Package, changed, folder_of, install
from proactive_gym.sources.installing.disk import unwatched
from proactive_gym.sources.installing.origins import Debian, Npm
from proactive_gym.sources.photos import manifest

CONTENT = "usr/share/stamps"
PICTURES = [f"animals/{number}.png" for number in range(8)]
debian = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="needs dpkg-deb")

KILLED = """
import os, signal, sys
from pathlib import Path
from proactive_gym.sources.installing import install, writing
from proactive_gym.sources.installing.disk import unwatched
from tests.test_installing import stamps
def dying(what, done, total):
    if done == 5:
        os.kill(os.getpid(), signal.SIGKILL)
install(stamps(), Path(sys.argv[1]), Path(sys.argv[2]), watch=dying, say=print)
"""


def stamps(origin: Debian | Npm = Debian("stamps"), content: str = CONTENT) -> Package:  # noqa: B008 - frozen
    return Package("stamps", origin, "stamps", "small", "free", content, (".png",), least=8)


def installed(package: Package, *where: Path) -> tuple[Path, list[str]]:
    said: list[str] = []
    return install(package, *where, watch=unwatched, say=said.append), said


def picture(colour: str = "red") -> bytes:
    stream = io.BytesIO()
    Image.new("RGBA", (40, 30), colour).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What the package looks like, unpacked."""
    for name in PICTURES:
        file = tmp_path / "tree" / CONTENT / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(picture())
    (tmp_path / "tree" / CONTENT / "animals/0.ogg").write_bytes(b"sound")
    (tmp_path / "tree/usr/share/other.png").write_bytes(picture())
    return tmp_path / "tree"


@pytest.fixture
def deb(tree: Path, tmp_path: Path) -> Path:
    """The package as Debian's archive."""
    (tree / "DEBIAN").mkdir()
    (tree / "DEBIAN/control").write_text(
        "Package: stamps\nVersion: 1\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: stamps\n"
    )
    (tree / "DEBIAN/postinst").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (tree / "DEBIAN/postinst").chmod(0o755)
    file = tmp_path / "stamps_1_all.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", str(tree), str(file)], check=True, capture_output=True)
    return file


def tgz(tmp_path: Path, entries: list[tuple[str, bytes | None]]) -> Path:
    """An archive as npm packs it; an entry without content is a link that leads out."""
    file = tmp_path / "stamps-1.tgz"
    with tarfile.open(file, "w:gz") as archive:
        for name, content in entries:
            entry = tarfile.TarInfo(name)
            if content is None:
                entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
            else:
                entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content or b""))
    return file


def tool(folder: Path, name: str, script: str) -> None:
    """A command of that name, first on the path."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def files_in(folder: Path) -> list[str]:
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())


@debian
def test_a_debian_package_is_installed_without_its_scripts(deb: Path, tmp_path: Path):
    folder, said = installed(stamps(), tmp_path / "there", deb)
    assert files_in(folder) == [*PICTURES, "installed.json"]
    assert (folder / PICTURES[0]).read_bytes() == picture()
    assert "8 files" in said[-1] and deb.name in said[-1]
    assert not (tmp_path / "ran").exists() and changed(folder, unwatched) == []
    assert not list(tmp_path.glob(".*.installing"))


@debian
def test_apt_fetches_the_package(deb: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tool(tmp_path / "bin", "apt-get", f'[ "$1 $2" = "download stamps" ] && cp {deb} .')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("PROACTIVE_GYM_DATA", str(tmp_path / "home"))
    folder, _ = installed(stamps())
    assert folder == tmp_path / "home/stamps" == folder_of(stamps())
    tool(tmp_path / "bin", "apt-get", "exit 100")
    assert "already" in installed(stamps())[1][0], "nothing is fetched twice"
    (folder / PICTURES[3]).write_bytes(b"")
    assert changed(folder, unwatched) == [f"{folder / PICTURES[3]} is not what was installed."]
    with pytest.raises(InputError, match="could not be fetched"):
        installed(stamps())
    assert (folder / PICTURES[4]).exists(), "what is there stays until there is something better"
    installed(stamps(), folder, deb)
    assert changed(folder, unwatched) == []


def test_npm_fetches_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    archive = tgz(tmp_path, [(f"package/{name}", picture()) for name in [*PICTURES, "../package/x.js"[3:]]])
    tool(tmp_path / "bin", "npm", f'[ "$4" = "stamps@1.2" ] && cp {archive} . && echo stamps-1.tgz')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    folder, _ = installed(stamps(Npm("stamps", "1.2"), "package"), tmp_path / "there")
    assert files_in(folder) == [*PICTURES, "installed.json"]


@pytest.mark.parametrize("inner", ["", CONTENT], ids=["unpacked package", "folder of pictures"])
def test_a_folder_is_copied(tree: Path, tmp_path: Path, inner: str):
    (tree / CONTENT / "animals/out.png").symlink_to("/etc/passwd")
    (tree / CONTENT / "elsewhere").symlink_to(tmp_path)
    folder, said = installed(stamps(), tmp_path / "there", tree / inner)
    assert files_in(folder) == [*PICTURES, "installed.json"]
    assert [line.partition(" is a link")[0].rpartition("/")[2] for line in said[:-1]] == ["out.png", "elsewhere"]


def test_tools_that_are_missing_or_fail_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(InputError, match=r"needs the command apt-get, which is not here.*--from FILE\.deb"):
        installed(stamps(), tmp_path / "there")
    tool(tmp_path / "bin", "apt-get", "echo 'E: Unable to locate package stamps' >&2; exit 100")
    with pytest.raises(
        InputError,
        match=r"Unable to locate package stamps.*apt-get update.*`apt-get download stamps` on a machine that can",
    ):
        installed(stamps(), tmp_path / "there")
    tool(tmp_path / "bin", "apt-get", "exit 0")
    with pytest.raises(InputError, match=r"there are 0 \.deb files"):
        installed(stamps(), tmp_path / "there")
    with pytest.raises(InputError, match="no such file or folder"):
        installed(stamps(), tmp_path / "there", tmp_path / "missing.deb")
    assert not (tmp_path / "there").exists()


@pytest.mark.parametrize(
    "entries, complaint",
    [
        ([("package/../../out.png", b"x")], "leads out of the folder"),
        ([("/etc/out.png", b"x")], "absolute path"),
        ([("package/a\nb.png", b"x")], "control character"),
        ([("package/a.png", b"x")] * 2, "twice"),
        ([("package/a.png", b"x"), ("package/b.png", None)], "There are 1 .png files"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_archives_that_mean_harm_leave_nothing(tmp_path: Path, entries: list[tuple[str, bytes | None]], complaint: str):
    with pytest.raises(InputError, match=complaint):
        installed(stamps(Npm("stamps", "1"), "package"), tmp_path / "there", tgz(tmp_path, entries))
    assert {file.name for file in tmp_path.iterdir()} <= {"stamps-1.tgz", ".there.lock"}


def test_an_archive_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("proactive_gym.sources.installing.writing.MOST_BYTES", 1000)
    bomb = tgz(tmp_path, [("package/sound.ogg", bytes(2000))])
    with pytest.raises(InputError, match="more than 1,000 bytes"):
        installed(stamps(Npm("stamps", "1"), "package"), tmp_path / "there", bomb)


@pytest.mark.parametrize("kept", [0, 10, 200], ids=["empty", "tiny", "cut off"])
@pytest.mark.parametrize("kind", ["npm", pytest.param("Debian", marks=debian)])
def test_damaged_archives_are_named(tmp_path: Path, request: pytest.FixtureRequest, kind: str, kept: int):
    whole = (
        request.getfixturevalue("deb")
        if kind == "Debian"
        else tgz(tmp_path, [(f"package/{name}", os.urandom(100)) for name in PICTURES])
    )
    damaged = whole.with_name(f"damaged{whole.suffix}")
    damaged.write_bytes(whole.read_bytes()[:kept])
    package = stamps() if kind == "Debian" else stamps(Npm("stamps", "1"), "package")
    with pytest.raises(InputError, match=f"damaged.* cannot be read as a package of {kind}"):
        installed(package, tmp_path / "there", damaged)
    assert not (tmp_path / "there").exists()


def test_a_killed_installation_leaves_nothing_and_begins_anew(tree: Path, tmp_path: Path, project_root: Path):
    there = tmp_path / "there"
    command = [sys.executable, "-c", KILLED, str(there), str(tree)]
    killed = subprocess.run(command, cwd=project_root, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not there.exists() and list(tmp_path.glob(".there.installing/**/*.png"))
    with pytest.raises(InputError, match="no such folder"):
        folder_of(stamps(), there)
    installed(stamps(), there, tree)
    assert changed(there, unwatched) == [] and not list(tmp_path.glob(".*.installing"))


def test_foreign_folders_are_left_alone(tree: Path, tmp_path: Path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("all of it")
    with pytest.raises(InputError, match="was not installed here"):
        installed(stamps(), mine, tree)
    (tmp_path / ".there.installing").symlink_to(mine)
    with pytest.raises(InputError, match="link or a file"):
        installed(stamps(), tmp_path / "there", tree)
    assert files_in(mine) == ["thesis.txt"]


def test_where_pictures_are_found(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PROACTIVE_GYM_DATA", str(tmp_path / "home"))
    with pytest.raises(InputError, match=r"not in .*home/stamps.*data install stamps"):
        folder_of(stamps())
    system = replace(stamps(), system=tree / CONTENT)
    assert folder_of(system) == tree / CONTENT
    assert folder_of(stamps(), tree) == tree / CONTENT == folder_of(stamps(), tree / CONTENT)
    installed(stamps(), tmp_path / "home/stamps", tree)
    assert folder_of(system) == tmp_path / "home/stamps", "what was installed on purpose comes first"


@pytest.fixture
def fake_photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package `photos`: every stamp that the source knows, in one colour each."""
    monkeypatch.setenv("PROACTIVE_GYM_DATA", str(tmp_path / "home"))
    monkeypatch.setitem(PACKAGES, "photos", replace(PACKAGES["photos"], least=100, system=None))
    copy = tmp_path / "stamps"
    for place, row in enumerate(manifest()):
        file = copy / row["file"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(picture(f"hsl({place * 7 % 360},80%,50%)"))
    return copy


def test_the_commands(fake_photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["data", "list"]) == 0
    assert "not in" in capsys.readouterr().out
    assert main(["data", "install", "photos", "--from", str(fake_photos)]) == 0
    assert "--source photos uses it" in capsys.readouterr().out
    assert main(["data", "list"]) == 0
    assert f"installed in {tmp_path / 'home/photos'}" in capsys.readouterr().out
    first = tmp_path / "home/photos" / manifest()[0]["file"]
    first.write_bytes(b"no picture")
    assert main(["data", "check", "photos"]) == 1
    shown = capsys.readouterr()
    assert f"{first} is not what was installed." in shown.out and f"The picture {first} cannot be read" in shown.out
    assert main(["data", "install", "photos", "--from", str(fake_photos)]) == 0
    assert main(["data", "check", "photos"]) == 0
    assert "All is well" in capsys.readouterr().out
    assert main(["data", "install", "photos", "--train"]) == 1
    assert "--train is for proactivebench only" in capsys.readouterr().err


def test_pictures_that_are_missing_are_said_at_once(fake_photos: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(InputError, match=r"'photos' are not in .*data install photos"):
        make_source("photos")
    (fake_photos / manifest()[5]["file"]).unlink()
    with pytest.raises(InputError, match=f"lacks 1 of .*{manifest()[5]['file']}"):
        make_source("photos", data_dir=str(fake_photos))
    assert main(["data", "check", "photos", "--data-dir", str(fake_photos)]) == 1
    shown = capsys.readouterr()
    assert "lacks 1 of" in shown.out and "1 thing wrong" in shown.err
    assert main(["eval", "--agent", "random", "--source", "photos", "--out", str(fake_photos / "run")]) == 1
    assert "data install photos" in capsys.readouterr().err
