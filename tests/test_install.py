"""Getting the benchmark's files: from a hub that misbehaves, from archives that mean harm, from a local copy."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
import zipfile
from collections import namedtuple
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from huggingface_hub import close_session, constants

from proactive_gym.cli import main
from proactive_gym.errors import InputError
from proactive_gym.sources.proactivebench.getting import hub as hub_module
from proactive_gym.sources.proactivebench.getting import install, install_from, state, unpack
from proactive_gym.sources.proactivebench.getting.place import QUESTIONS, REPOSITORY

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NOISE = random.Random(0)
PICTURES = {f"QuickDraw/{number}/drawing {number}.png": NOISE.randbytes(3000 + number) for number in range(12)}
OTHERS = {"coco2014/deep/er/é.jpg": NOISE.randbytes(5000), "coco2014/empty.jpg": b""}
COMMAND = "import sys; from proactive_gym.cli import main; sys.exit(main())"
KILLED = """
import os, signal
from proactive_gym.sources.proactivebench.getting import unpacking
write, written = unpacking._write_entry, []
def dying(zipped, entry, target, draft):
    if len(written) == 5:
        draft.write_bytes(b"half a pict")
        os.kill(os.getpid(), signal.SIGKILL)
    written.append(target)
    write(zipped, entry, target, draft)
unpacking._write_entry = dying
"""


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def benchmark_files() -> dict[str, bytes]:
    """A small data set, laid out like the official one."""
    questions = {f"test/{name}": json.dumps({"id": name}).encode() + b"\n" for name in QUESTIONS}
    return {
        "README.md": b"# ProactiveBench\n",
        "data/train-00000-of-00001.parquet": NOISE.randbytes(4000),
        **questions,
        "test/QuickDraw.zip": zipped({**PICTURES, "__MACOSX/QuickDraw/._1": b"x", "QuickDraw/.DS_Store": b"y"}),
        "test/coco2014.zip": zipped(OTHERS),
    }


class Hub(ThreadingHTTPServer):
    """What the client sees of a hub, with faults to order: per path, one for each of the next answers."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.files = files
        self.sent = dict(files)
        self.faults: dict[str, list[str]] = {}
        self.asked: list[tuple[str, str | None, str | None]] = []
        self.redirect: str | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def fetched(self, path: str) -> list[str | None]:
        """The ranges of the file that were asked for; ``None`` for all of it."""
        return [asked for name, asked, _ in self.asked if name == path]


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        repository = f"/datasets/{REPOSITORY}"
        if self.server.files is None:
            self.reply(b"<html>Welcome</html>")
        elif path in (f"/api{repository}", f"/api{repository}/revision/main"):
            self.reply(json.dumps({"id": REPOSITORY, "sha": COMMIT}).encode())
        elif path.startswith(f"/api{repository}/revision/"):
            self.reply(b"{}", 404, {"X-Error-Code": "RevisionNotFound"})
        elif path == f"/api{repository}/tree/{COMMIT}":
            self.reply(json.dumps([listed(name, content) for name, content in self.server.files.items()]).encode())
        elif path.startswith(resolved := f"{repository}/resolve/{COMMIT}/"):
            self.file(path.removeprefix(resolved))
        else:
            self.reply(b"{}", 404, {"X-Error-Code": "RepoNotFound"})

    def file(self, path: str) -> None:
        asked = self.headers.get("Range")
        self.server.asked.append((path, asked, self.headers.get("Authorization")))
        if self.server.redirect:
            self.reply(b"", 302, {"Location": self.server.redirect + self.path})
            return
        faults = self.server.faults.get(path, [])
        fault = faults.pop(0) if faults else ""
        content = self.server.sent[path]
        if fault.isdigit():
            self.reply(b"", int(fault), {"Retry-After": "30"})
        elif asked and fault != "whole":
            first, last = (int(word or len(content) - 1) for word in asked.removeprefix("bytes=").split("-"))
            if first >= len(content):
                self.reply(b"", 416)
            else:
                part = content[first : last + 1]
                self.reply(part, 206, {"Content-Range": f"bytes {first}-{last}/{len(content)}"}, fault)
        else:
            self.reply(content, 200, {}, fault)

    def reply(self, content: bytes, status: int = 200, headers: dict[str, str] | None = None, fault: str = "") -> None:
        sent = content[: len(content) // 2] if fault in ("cut", "short") else content
        self.send_response(status)
        for name, value in {"ETag": '"x"', "X-Repo-Commit": COMMIT, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(sent if fault == "short" else content)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *words: object) -> None:
        pass


def listed(path: str, content: bytes) -> dict:
    git = hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()
    entry = {"type": "file", "path": path, "size": len(content), "oid": git}
    if path.endswith(".jsonl"):
        return entry
    return {**entry, "lfs": {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}}


@pytest.fixture
def serve(monkeypatch):
    """Start a hub; the client is free to go to it."""
    hubs = []

    def start(files: dict[str, bytes] | None = None) -> Hub:
        hub = Hub(benchmark_files() if files is None else files)
        threading.Thread(target=hub.serve_forever, args=(0.01,), daemon=True).start()
        hubs.append(hub)
        return hub

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("HF_TOKEN", "hf_of_the_test")
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1000)
    monkeypatch.setattr(os, "sync", lambda: None)
    close_session()
    yield start
    close_session()
    for hub in hubs:
        hub.shutdown()
        hub.server_close()


@pytest.fixture
def hub(serve):
    return serve()


def content(folder: Path) -> dict[str, bytes]:
    """All files below the folder, without those of the installation itself."""
    files = (file for file in folder.rglob("*") if file.is_file() and ".install" not in file.parts)
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def expected(train: bool = False, archives: bool = False) -> dict[str, bytes]:
    def wanted(path: str) -> bool:
        return path.startswith("test/") or (train and path.startswith("data/"))

    files = {path: held for path, held in FILES.items() if wanted(path) and (archives or not path.endswith(".zip"))}
    return {**files, **{f"test/{path}": held for path, held in {**PICTURES, **OTHERS}.items()}}


FILES = benchmark_files()


@pytest.fixture(autouse=True)
def same_files(monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "benchmark_files", lambda: dict(FILES))


def refused(call, *arguments, **options) -> str:
    """The one sentence of the refusal."""
    with pytest.raises(InputError) as caught:
        call(*arguments, **options)
    sentence = str(caught.value)
    assert "\n" not in sentence and sentence.endswith(".")
    return sentence


# --- From the hub -----------------------------------------------------------------------------------------------------


def test_everything_is_fetched_checked_and_unpacked(hub, tmp_path):
    folder = tmp_path / "data" / "set"
    assert state(folder) == "absent"
    said, watched = [], []
    data_dir = install(folder, endpoint=hub.address, say=said.append, watch=lambda *progress: watched.append(progress))
    assert data_dir == folder / "test"
    assert content(folder) == expected()
    assert state(folder) == "installed"
    assert "are free" in said[0] and str(folder) in said[0]
    assert {what.split()[0] for what, _, _ in watched} >= {"fetching", "checking", "unpacking"}
    assert all(0 <= done <= total for _, done, total in watched)
    assert list((folder / ".install" / "parts").iterdir()) == []


def test_the_same_command_again_fetches_nothing(hub, tmp_path):
    install(tmp_path, endpoint=hub.address)
    hub.asked.clear()
    install(tmp_path, endpoint=hub.address)
    assert hub.asked == []
    install(tmp_path, endpoint=hub.address, train=True)
    assert hub.fetched("data/train-00000-of-00001.parquet") == [None]
    assert len(hub.asked) == 1
    assert content(tmp_path) == expected(train=True)


def test_what_was_lost_or_changed_is_mended(hub, tmp_path):
    install(tmp_path, endpoint=hub.address)
    (tmp_path / "test" / next(iter(OTHERS))).unlink()
    (tmp_path / "test" / QUESTIONS[0]).write_bytes(b"x" * len(FILES[f"test/{QUESTIONS[0]}"]))
    hub.asked.clear()
    install(tmp_path, endpoint=hub.address)
    assert {path for path, _, _ in hub.asked} == {f"test/{QUESTIONS[0]}", "test/coco2014.zip"}
    assert content(tmp_path) == expected()


def test_archives_can_be_kept_and_those_that_are_there_are_used(hub, tmp_path):
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "QuickDraw.zip").write_bytes(FILES["test/QuickDraw.zip"])
    install(tmp_path, endpoint=hub.address, keep_archives=True)
    assert hub.fetched("test/QuickDraw.zip") == []
    assert content(tmp_path) == expected(archives=True)


def test_a_new_version_replaces_the_old(serve, tmp_path):
    install(tmp_path, endpoint=serve().address)
    newer = {**FILES, "test/coco2014.zip": zipped({name: held[::-1] for name, held in OTHERS.items()})}
    install(tmp_path, endpoint=serve(newer).address)
    assert content(tmp_path) == {
        **expected(),
        **{f"test/{name}": held[::-1] for name, held in OTHERS.items()},
    }


def test_a_broken_off_transfer_goes_on_where_it_stopped(hub, tmp_path):
    size = len(FILES["test/QuickDraw.zip"])
    hub.faults["test/QuickDraw.zip"] = ["cut"]
    install(tmp_path, endpoint=hub.address)
    assert hub.fetched("test/QuickDraw.zip") == [None, f"bytes={size // 2000 * 1000}-"]
    assert content(tmp_path) == expected()


def test_an_interrupted_command_goes_on_where_it_stopped(hub, tmp_path):
    size = len(FILES["test/QuickDraw.zip"])
    hub.faults["test/QuickDraw.zip"] = ["cut"]

    def interrupt(what: str, done: int, total: int) -> None:
        if what == "fetching test/QuickDraw.zip" and done > size // 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        install(tmp_path, endpoint=hub.address, watch=interrupt)
    assert state(tmp_path) == "unfinished"
    hub.asked.clear()
    install(tmp_path, endpoint=hub.address)
    (asked,) = hub.fetched("test/QuickDraw.zip")
    assert 0 < int(asked.removeprefix("bytes=").removesuffix("-")) <= size // 2
    assert not any(path.endswith(".jsonl") for path, _, _ in hub.asked)
    assert content(tmp_path) == expected()


@pytest.mark.parametrize("faults", [["cut", "whole"], ["short"], ["503", "429", "cut", "cut"], ["cut", "503"]])
def test_passing_faults_are_overcome(hub, tmp_path, faults):
    hub.faults["test/QuickDraw.zip"] = list(faults)
    install(tmp_path, endpoint=hub.address)
    assert hub.faults["test/QuickDraw.zip"] == []
    assert content(tmp_path) == expected()


def test_a_server_that_keeps_failing_is_given_up_and_what_came_is_kept(hub, tmp_path):
    hub.faults["test/QuickDraw.zip"] = ["cut", *["503"] * 100]
    sentence = refused(install, tmp_path, endpoint=hub.address)
    assert "test/QuickDraw.zip broke off" in sentence and "503" in sentence
    assert len(hub.fetched("test/QuickDraw.zip")) < 10
    hub.faults.clear()
    hub.asked.clear()
    install(tmp_path, endpoint=hub.address)
    assert hub.fetched("test/QuickDraw.zip") != [None]
    assert content(tmp_path) == expected()


def test_wrong_bytes_of_the_right_length_are_never_accepted(hub, tmp_path):
    for path in (f"test/{QUESTIONS[3]}", "test/QuickDraw.zip"):
        right = FILES[path]
        hub.sent[path] = right[:30] + bytes([right[30] ^ 1]) + right[31:]
        sentence = refused(install, tmp_path, endpoint=hub.address)
        assert path in sentence and "damaged" in sentence
        assert not (tmp_path / path).exists()
        assert not (tmp_path / "test" / "QuickDraw").exists()
        hub.sent[path] = right
    install(tmp_path, endpoint=hub.address)
    assert content(tmp_path) == expected()


@pytest.mark.parametrize("change", [lambda held: held[:-7], lambda held: held + b"more"], ids=["shorter", "longer"])
def test_a_file_of_another_length_is_never_accepted(hub, tmp_path, change):
    hub.sent["test/QuickDraw.zip"] = change(FILES["test/QuickDraw.zip"])
    assert "test/QuickDraw.zip" in refused(install, tmp_path, endpoint=hub.address)
    assert not (tmp_path / "test" / "QuickDraw").exists()
    hub.sent = dict(FILES)
    install(tmp_path, endpoint=hub.address)
    assert content(tmp_path) == expected()


def test_large_files_are_asked_for_in_blocks(hub, tmp_path, monkeypatch):
    monkeypatch.setattr(hub_module, "BLOCK", 20_000)
    install(tmp_path, endpoint=hub.address)
    size = len(FILES["test/QuickDraw.zip"])
    assert hub.fetched("test/QuickDraw.zip") == ["bytes=0-19999", f"bytes=20000-{size - 1}"]
    assert content(tmp_path) == expected()


def test_the_token_goes_to_the_hub_and_not_to_where_it_sends_us(serve, tmp_path):
    hub, storage = serve(), serve()
    hub.redirect = storage.address
    install(tmp_path, endpoint=hub.address)
    assert {token for _, _, token in hub.asked} == {"Bearer hf_of_the_test"}
    assert {token for _, _, token in storage.asked} == {None}
    assert content(tmp_path) == expected()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"repository": "nobody/nothing"}, ("nobody/nothing", "HF_TOKEN")),
        ({"repository": "no/such/name"}, ("no/such/name",)),
        ({"revision": "older"}, ("older", "revision")),
    ],
)
def test_what_the_hub_does_not_have(hub, tmp_path, options, words):
    sentence = refused(install, tmp_path, endpoint=hub.address, **options)
    assert all(word in sentence for word in words)


def test_a_server_that_is_down_or_no_hub(serve, tmp_path):
    hub = serve()
    hub.shutdown()
    hub.server_close()
    assert "cannot be reached" in refused(install, tmp_path, endpoint=hub.address)
    empty = serve({"README.md": b"nothing else"})
    assert "_preprocessed.jsonl" in refused(install, tmp_path, endpoint=empty.address)
    evil = serve({**FILES, "test/../../evil.jsonl": b"{}"})
    assert "leads out" in refused(install, tmp_path, endpoint=evil.address)
    no_training = serve({path: held for path, held in FILES.items() if not path.startswith("data/")})
    assert "train" in refused(install, tmp_path, endpoint=no_training.address, train=True)
    webpage = serve()
    webpage.files = None
    assert "does not answer like a hub" in refused(install, tmp_path, endpoint=webpage.address)
    forbidden = serve()
    forbidden.faults["test/coco2014.zip"] = ["403"]
    sentence = refused(install, tmp_path, endpoint=forbidden.address)
    assert "403" in sentence and "test/coco2014.zip" in sentence


def test_offline_is_said(hub, tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE=0" in refused(install, tmp_path, endpoint=hub.address)


def test_not_enough_space(hub, tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10**6, 10**6, 40_000))
    sentence = refused(install, tmp_path, endpoint=hub.address)
    assert str(tmp_path) in sentence and "40 kB" in sentence
    assert hub.asked == []
    monkeypatch.undo()


def test_not_enough_space_for_what_is_in_an_archive(hub, tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    sizes = iter([10**9, 10_000])
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(0, 0, next(sizes)))
    sentence = refused(install, tmp_path, endpoint=hub.address)
    assert "Unpacking" in sentence and "10 kB" in sentence
    monkeypatch.undo()


def test_a_folder_that_cannot_be_used(hub, tmp_path):
    (tmp_path / "file").write_text("")
    assert "file" in refused(install, tmp_path / "file", endpoint=hub.address)


def test_one_installation_at_a_time(hub, tmp_path):
    def second(what: str, done: int, total: int) -> None:
        raise InputError("Both: " + refused(install, tmp_path, endpoint=hub.address))

    assert "Another installation" in refused(install, tmp_path, endpoint=hub.address, watch=second)


# --- Archives that mean harm ------------------------------------------------------------------------------------------


def entry(name: str, mode: int = 0, held: bytes = b"harm") -> bytes:
    """An archive with a harmless file and one of that name and kind."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a/harmless.png", b"picture")
        about = zipfile.ZipInfo(name)
        about.external_attr = mode << 16
        archive.writestr(about, held)
    return stream.getvalue()


def doubled(first: str, second: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive, pytest.warns(UserWarning) if first == second else open(os.devnull):
        archive.writestr(first, b"one")
        archive.writestr(second, b"two")
    return stream.getvalue()


def overlapping() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("0.png", bytes(2000))
        for number in range(1, 9):
            again = copy.copy(archive.filelist[0])
            again.filename = again.orig_filename = f"{number}.png"
            archive.filelist.append(again)
    return stream.getvalue()


def encrypted() -> bytes:
    held = bytearray(entry("secret.png"))
    at = held.rfind(b"PK\x01\x02")
    held[at + 8] |= 1
    return bytes(held)


HOSTILE = {
    "absolute": (entry("/tmp/harm.png"), "absolute"),
    "up": (entry("../harm.png"), "leads out"),
    "up from below": (entry("a/../../harm.png"), "leads out"),
    "folder": (entry("../harm/", held=b""), "leads out"),
    "drive": (entry("C:/harm.png"), "drive"),
    "relative drive": (entry("a/c:harm.png"), "drive"),
    "backslash": (entry("..\\harm.png"), "backslash"),
    "share": (entry("\\\\server\\harm.png"), "backslash"),
    "null": (entry("harm.pngXhtml").replace(b"harm.pngXhtml", b"harm.png\0html"), "control character"),
    "escape": (entry("\x1b[2Jharm.png"), "control character"),
    "newline": (entry("harm\n.png"), "control character"),
    "link": (entry("link.png", stat.S_IFLNK | 0o777, b"/etc/passwd"), "is a link"),
    "pipe": (entry("pipe", stat.S_IFIFO | 0o644), "special file"),
    "device": (entry("device", stat.S_IFCHR | 0o644), "special file"),
    "folder with data": (entry("folder", stat.S_IFDIR | 0o755), "folder that holds data"),
    "nothing but a dot": (entry("."), "folder that holds data"),
    "nameless": (entry("X").replace(b"X", b"\0"), "control character"),
    "twice": (doubled("a.png", "a.png"), "twice"),
    "twice in disguise": (doubled("a.png", "./a.png"), "twice"),
    "below a file": (doubled("a.png", "a.png/b.png"), "below another"),
    "encrypted": (encrypted(), "encrypted"),
    "method": (zipped({"a.png": b"x" * 100}, zipfile.ZIP_LZMA), "method 14"),
    "bomb": (zipped({"a.png": bytes(20_000_000)}), "zip bomb"),
    "overlap": (overlapping(), "zip bomb"),
}


@pytest.mark.parametrize("trick", HOSTILE)
def test_a_hostile_archive_is_refused_and_writes_nothing(tmp_path, trick):
    held, why = HOSTILE[trick]
    archive, into = tmp_path / "hostile.zip", tmp_path / "deep" / "down"
    archive.write_bytes(held)
    into.mkdir(parents=True)
    sentence = refused(unpack, archive, into)
    assert why in sentence and "hostile.zip" in sentence
    assert sentence.isprintable()
    assert content(tmp_path) == {"hostile.zip": held}


def declared(size: int) -> bytes:
    """An archive whose entry says it is of another size than it is."""
    held = zipped({"a.png": b"picture" * 99})
    return held.replace((99 * 7).to_bytes(4, "little"), size.to_bytes(4, "little"))


DAMAGED = {
    "says less": declared(500),
    "says more": declared(800),
    "another content": entry("a.png", held=b"picture two").replace(b"picture two", b"picture too"),
    "cut": zipped(PICTURES)[:-100],
    "no archive": b"<html>not found</html>",
    "nothing": b"",
    "hole": zipped(PICTURES)[:9000] + bytes(5000) + zipped(PICTURES)[14000:],
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_archive_is_noticed(tmp_path, damage):
    archive, into = tmp_path / "damaged.zip", tmp_path / "into"
    archive.write_bytes(DAMAGED[damage])
    into.mkdir()
    sentence = refused(unpack, archive, into)
    assert "damaged.zip is damaged" in sentence
    intact = {**PICTURES, "a/harmless.png": b"picture"}
    assert all(intact[name] == held for name, held in content(into).items() if name != ".unpacking")


def test_no_damage_at_all_makes_it_fail_otherwise(tmp_path):
    whole, archive, into = zipped(OTHERS), tmp_path / "fuzzed.zip", tmp_path / "into"
    into.mkdir()
    dice = random.Random(1)
    for _ in range(300):
        held = bytearray(whole)
        for _ in range(dice.randint(1, 3)):
            held[dice.choice([dice.randrange(len(held)), -dice.randint(1, 300)])] = dice.randrange(256)
        archive.write_bytes(held)
        try:
            unpack(archive, into)
        except InputError as error:
            assert str(error).isprintable()
    assert {file.name for file in tmp_path.iterdir()} == {"fuzzed.zip", "into"}


def test_a_planted_link_is_not_written_through(tmp_path):
    archive, into, outside = tmp_path / "a.zip", tmp_path / "into", tmp_path / "outside"
    archive.write_bytes(zipped(PICTURES))
    into.mkdir()
    outside.mkdir()
    (into / "QuickDraw").symlink_to(outside, target_is_directory=True)
    assert "is a link" in refused(unpack, archive, into)
    (into / "QuickDraw").unlink()

    (outside / "precious").write_bytes(b"precious")
    first = next(iter(PICTURES))
    (into / first).parent.mkdir(parents=True)
    (into / first).symlink_to(outside / "precious")
    (into / ".unpacking").symlink_to(outside / "draft")
    unpack(archive, into)
    assert content(outside) == {"precious": b"precious"}
    assert {name: held for name, held in content(into).items() if not (into / name).is_symlink()} == PICTURES


def test_a_planted_link_in_the_folder_is_not_written_through(hub, tmp_path):
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    for name in (".install", "test"):
        (folder / name).symlink_to(outside, target_is_directory=True)
        assert "is a link" in refused(install, folder, endpoint=hub.address)
        (folder / name).unlink()
    (folder / "test").mkdir()
    (folder / ".install" / "finished.json").symlink_to(outside / "finished")
    (folder / "test" / QUESTIONS[0]).symlink_to(outside / "questions")
    install(folder, endpoint=hub.address)
    assert list(outside.iterdir()) == []
    assert content(folder) == expected()


def test_an_archive_does_not_replace_the_questions(serve, tmp_path):
    evil = serve({**FILES, "test/evil.zip": zipped({QUESTIONS[0]: b'{"id": "evil"}\n'})})
    assert "would replace the questions" in refused(install, tmp_path, endpoint=evil.address)
    same = serve({**FILES, "test/same.zip": zipped({QUESTIONS[0]: FILES[f"test/{QUESTIONS[0]}"]})})
    install(tmp_path, endpoint=same.address)
    assert content(tmp_path) == expected()


def test_a_hostile_archive_of_the_hub_leaves_the_rest(serve, tmp_path):
    folder = tmp_path / "folder"
    hub = serve({**FILES, "test/hostile.zip": HOSTILE["up"][0]})
    assert "leads out" in refused(install, folder, endpoint=hub.address)
    assert list(tmp_path.iterdir()) == [folder]
    assert content(folder) == expected()
    assert state(folder) == "unfinished"


def test_a_damaged_archive_of_the_hub_is_removed(serve, tmp_path):
    hub = serve({**FILES, "test/damaged.zip": DAMAGED["another content"]})
    sentence = refused(install, tmp_path, endpoint=hub.address)
    assert "test/damaged.zip is damaged" in sentence and "run the same command again" in sentence
    assert list((tmp_path / ".install" / "parts").iterdir()) == []


# --- From a local copy ------------------------------------------------------------------------------------------------


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for path, held in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(held)
    return folder


@pytest.fixture
def local(tmp_path):
    return write(tmp_path / "local", FILES)


@pytest.mark.parametrize("linking", [True, False])
def test_a_local_copy_with_archives(local, tmp_path, monkeypatch, linking):
    if not linking:
        monkeypatch.setattr(os, "link", lambda *paths, **options: (_ for _ in ()).throw(OSError(18, "")))
    assert install_from(local, tmp_path / "to", train=True) == tmp_path / "to" / "test"
    assert content(tmp_path / "to") == expected(train=True)
    assert content(local) == FILES
    written = {file: file.stat().st_mtime_ns for file in (tmp_path / "to" / "test").rglob("*.png")}
    install_from(local, tmp_path / "to", keep_archives=True)
    assert content(tmp_path / "to") == expected(train=True, archives=True)
    assert written == {file: file.stat().st_mtime_ns for file in written}


def test_a_local_copy_of_the_unpacked_folder(tmp_path):
    copy_of_it = write(tmp_path / "copy", expected())
    said = []
    install_from(copy_of_it / "test", tmp_path / "to", say=said.append)
    assert content(tmp_path / "to") == expected()
    (copy_of_it / "test" / QUESTIONS[2]).unlink()
    install_from(copy_of_it, tmp_path / "other", say=said.append)
    assert QUESTIONS[2] in said[-1]


def test_a_local_copy_is_unpacked_in_place(local):
    install_from(local, local)
    assert {name: held for name, held in content(local).items() if name.startswith("test/")} == expected(archives=True)
    install_from(local / "test", local)


def test_what_was_taken_from_a_copy_is_not_fetched(local, hub, tmp_path):
    install_from(local, tmp_path / "to")
    install(tmp_path / "to", endpoint=hub.address)
    assert hub.asked == []


def test_links_that_lead_out_of_a_copy_are_not_followed(local, tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key").write_bytes(b"secret")
    for name, target in {"test/a.png": tmp_path / "secret" / "key", "test/folder": tmp_path / "secret"}.items():
        (local / name).symlink_to(target)
        assert "not followed" in refused(install_from, local, tmp_path / "to")
        (local / name).unlink()
    (local / "test" / "inside.jsonl").symlink_to(local / "test" / QUESTIONS[0])
    install_from(local, tmp_path / "to")
    there = tmp_path / "to" / "test" / "inside.jsonl"
    assert not there.is_symlink() and there.read_bytes() == FILES[f"test/{QUESTIONS[0]}"]


def test_a_copy_that_is_none(local, tmp_path):
    assert "no folder" in refused(install_from, tmp_path / "nowhere", tmp_path / "to")
    (tmp_path / "empty").mkdir()
    assert "_preprocessed.jsonl" in refused(install_from, tmp_path / "empty", tmp_path / "to")
    assert "lie in one another" in refused(install_from, local, local / "test" / "here")
    (local / "data" / "train-00000-of-00001.parquet").unlink()
    assert "train" in refused(install_from, local, tmp_path / "to", train=True)
    (local / "test" / QUESTIONS[1]).write_bytes(b'{"id": 1}\n{"id": ')
    assert "Line 2" in refused(install_from, local, tmp_path / "to")


def test_a_copy_with_a_bad_archive(local, tmp_path):
    write(local, {"test/bad.zip": DAMAGED["another content"]})
    assert "get it again" in refused(install_from, local, tmp_path / "to")
    assert (local / "test" / "bad.zip").exists()
    write(local, {"test/bad.zip": HOSTILE["up"][0]})
    assert "leads out" in refused(install_from, local, tmp_path / "other")
    assert content(tmp_path / "other") == {}


def test_a_copy_for_which_there_is_no_space(local, tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10**6, 10**6, 30_000))
    sentence = refused(install_from, local, tmp_path / "to")
    assert "30 kB" in sentence and str(tmp_path / "to") in sentence


# --- The commands -----------------------------------------------------------------------------------------------------


def shell(hub: Hub, *words: object, before: str = "") -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "HF_ENDPOINT": hub.address, "HF_HUB_OFFLINE": "0"}
    started = [sys.executable, "-c", before + COMMAND, *map(str, words)]
    return subprocess.run(started, env=variables, capture_output=True, text=True, timeout=120)


def test_killed_while_unpacking_the_same_command_finishes(hub, tmp_path):
    words = ("data", "install", "proactivebench", "--to", tmp_path / "set")
    killed = shell(hub, *words, before=KILLED)
    assert killed.returncode == -signal.SIGKILL
    assert state(tmp_path / "set") == "unfinished"
    there = content(tmp_path / "set")
    assert 0 < len(there) < len(expected()) and there.items() <= expected().items()
    hub.asked.clear()
    done = shell(hub, *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert str(tmp_path / "set" / "test") in done.stdout
    assert hub.fetched("test/QuickDraw.zip") == []
    assert content(tmp_path / "set") == expected()


def test_a_transfer_that_comes_damaged_has_its_own_line_and_status(hub, tmp_path):
    words = ("data", "install", "proactivebench", "--to", tmp_path / "set")
    right = FILES["test/QuickDraw.zip"]
    hub.faults["test/QuickDraw.zip"] = ["cut"]
    hub.sent["test/QuickDraw.zip"] = right[:-9] + bytes(9)
    failed = shell(hub, *words)
    (*_, last) = failed.stderr.splitlines()
    assert failed.returncode == 1 and last.startswith("proactive-gym: test/QuickDraw.zip came damaged")
    assert "Traceback" not in failed.stderr and not (tmp_path / "set" / "test" / "QuickDraw").exists()
    hub.sent["test/QuickDraw.zip"] = right
    assert shell(hub, *words).returncode == 0
    assert content(tmp_path / "set") == expected()


def test_a_hostile_archive_has_its_own_line_and_status(serve, tmp_path):
    hub = serve({**FILES, "test/hostile.zip": HOSTILE["up"][0]})
    failed = shell(hub, "data", "install", "proactivebench", "--to", tmp_path / "set")
    assert failed.returncode == 1 and "leads out of the folder" in failed.stderr.splitlines()[-1]
    assert list(tmp_path.iterdir()) == [tmp_path / "set"]


def test_the_commands(local, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["data", "list"]) == 0
    said = capsys.readouterr().out
    assert "proactivebench" in said and "150 GB" in said and "licence" in said and "not in data" in said
    assert main(["data", "install", "proactivebench", "--from", str(local), "--train"]) == 0
    said = capsys.readouterr().out
    assert str(tmp_path / "data" / "ProactiveBench" / "test") in said.replace("\n", "") and "training split" in said
    assert content(tmp_path / "data" / "ProactiveBench") == expected(train=True)
    assert main(["data", "list"]) == 0
    assert "installed in" in capsys.readouterr().out
    for words, said in {
        ("proactivbench",): "did you mean 'proactivebench'",
        ("proactivebench", "--from", str(local), "--revision", "x"): "--revision",
    }.items():
        assert main(["data", "install", *words]) == 1
        assert said in capsys.readouterr().err
