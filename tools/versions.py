"""Runs the tests under every Python we promise, with the newest and with the lowest dependencies we promise.

    python tools/versions.py                              # all of them; a first time fetches several GB of torch
    python tools/versions.py --python 3.13 --resolution highest -- tests/test_vector.py

Each combination gets a virtual environment of its own in ``.versions``, made by uv, and keeps there what pytest said,
and what came out if all tests were run. Once that is known of every combination, in one run or in several, it is
written to ``docs/versions.md``; a combination is run anew whenever it is asked for. Pythons are looked for on the path
and among pyenv's.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".versions"
PAGE = ROOT / "docs" / "versions.md"
PYTHONS = ("3.11", "3.12", "3.13")
RESOLUTIONS = {"highest": "the newest", "lowest-direct": "the lowest we ask for"}
SHOWN = ("numpy", "pillow", "gymnasium", "torch", "transformers", "stable-baselines3")
TORCH = "torch==2.13.0"
"""What to take where a folder of wheels ($PIP_FIND_LINKS) holds one for that Python: any other would be several GB."""
UV = (sys.executable, "-m", "uv")


class Outcome(NamedTuple):
    """What came of one combination."""

    python: str
    resolution: str
    versions: dict[str, str]
    verdict: str
    passed: bool = False
    commit: str = ""


def main() -> int:
    """Run what was asked for; the exit status is 1 if anything failed or could not be run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", action="append", choices=PYTHONS, help="repeats; all by default")
    parser.add_argument("--resolution", action="append", choices=tuple(RESOLUTIONS), help="repeats; both by default")
    parser.add_argument("--jobs", default="2", help="tests at once")
    parser.add_argument("pytest", nargs="*", help="arguments for pytest, after --")
    given = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    outcomes = []
    for version in given.python or PYTHONS:
        for resolution in given.resolution or tuple(RESOLUTIONS):
            outcomes.append(run(version, resolution, ["-n", given.jobs, *given.pytest])._replace(commit=commit()))
            print(version, resolution, outcomes[-1].verdict, flush=True)
            if not given.pytest:
                kept(version, resolution).write_text(json.dumps(outcomes[-1]), encoding="utf-8")
    every = [kept(version, resolution) for version in PYTHONS for resolution in RESOLUTIONS]
    if not given.pytest and all(file.exists() for file in every):
        PAGE.write_text(
            page([Outcome(*json.loads(file.read_text(encoding="utf-8"))) for file in every]), encoding="utf-8"
        )
    return int(not all(outcome.passed for outcome in outcomes))


def kept(version: str, resolution: str) -> Path:
    """Where it is kept what came of a combination."""
    return FOLDER / f"{version}-{resolution}.json"


def commit() -> str:
    """What was tested: a table made in several runs may be of several commits."""
    told = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    return told.stdout.strip()


def run(version: str, resolution: str, arguments: list[str]) -> Outcome:
    """Make the environment and run the tests in it."""
    python = interpreter(version)
    if python is None:
        return Outcome(version, resolution, {}, "not run: there is no such Python here")
    inside = installed_with(python, FOLDER / f"{version}-{resolution}", ".[dev]", "--resolution", resolution)
    if inside is None:
        return Outcome(version, resolution, {}, "not run: these versions do not go together")
    done = said_by(inside, arguments, FOLDER / f"{version}-{resolution}.txt")
    return Outcome(version, resolution, installed(inside), verdict(done.stdout), done.returncode == 0)


def installed_with(base: str | Path, folder: Path, what: str, *options: str) -> Path | None:
    """A virtual environment with that of the project, editable; its Python, or ``None`` if it cannot be installed."""
    inside = folder / "bin" / "python"
    subprocess.run([*UV, "venv", "--quiet", "--allow-existing", "--python", str(base), str(folder)], check=True)
    wheels = wheels_for(inside)
    install = [*UV, "pip", "install", "--quiet", "--python", str(inside), *options]
    install += ["--editable", what, *([TORCH] if wheels else [])]
    found = {"UV_FIND_LINKS": wheels} if wheels else {}
    done = subprocess.run(install, cwd=ROOT, env={**os.environ, **found}, check=False)
    return None if done.returncode else inside


def said_by(python: Path, arguments: list[str], file: Path) -> subprocess.CompletedProcess[str]:
    """Run pytest there; what it says is kept in the file."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])  # where uv is
    tests = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(tests, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    file.write_text(done.stdout + done.stderr, encoding="utf-8")
    return done


def interpreter(version: str) -> Path | None:
    """A Python of that version that starts."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for candidate in filter(None, [shutil.which(f"python{version}"), *sorted(pyenv.glob(f"{version}*/bin/python"))]):
        if subprocess.run([candidate, "-c", "pass"], capture_output=True, check=False).returncode == 0:
            return Path(candidate)
    return None


def wheels_for(python: Path) -> str:
    """The folder of wheels, if it holds a torch for that Python; else ``""``."""
    print_tag = "import sys; print(f'cp{sys.version_info[0]}{sys.version_info[1]}-')"
    tag = subprocess.run([python, "-c", print_tag], capture_output=True, text=True, check=True).stdout.strip()
    folder = os.environ.get("PIP_FIND_LINKS", "")
    return folder if folder and any(tag in file.name for file in Path(folder).glob("torch-*")) else ""


def installed(python: Path) -> dict[str, str]:
    """Versions of the main libraries."""
    command = [*UV, "pip", "list", "--format", "json", "--python", str(python)]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    versions = {package["name"]: package["version"] for package in json.loads(listed)}
    return {name: versions[name] for name in SHOWN}


def verdict(said: str) -> str:
    """What pytest counts in its last line."""
    lines = [line for line in said.splitlines() if re.search(r" in \d+[.:\d]*s", line)]
    counts = re.findall(r"\d+ (?:passed|failed|errors?|skipped)", lines[-1]) if lines else []
    return ", ".join(counts) or "broke off"


def page(outcomes: list[Outcome]) -> str:
    """The table, as a page."""
    head = ["Python", "dependencies", *SHOWN, "commit", "tests"]
    rows = [
        [
            one.python,
            RESOLUTIONS[one.resolution],
            *(one.versions.get(name, "") for name in SHOWN),
            one.commit,
            one.verdict,
        ]
        for one in outcomes
    ]
    table = "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))
    return (
        "# Versions\n\nThe tests (without the slow ones) under every Python, with the newest and with the lowest "
        "dependencies that `pyproject.toml` asks for; torch is the one in the folder `$PIP_FIND_LINKS`, where that has "
        "one for the Python. The package's own deprecation warnings are errors everywhere. "
        f"Made by `make versions`.\n\n{table}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
