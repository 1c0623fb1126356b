"""The package as it reaches people: a light import, one version, no trace of one machine, a wheel that works."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

import proactive_gym

HEAVY = (
    "torch",
    "transformers",
    "stable_baselines3",
    "sb3_contrib",
    "matplotlib",
    "numba",
    "scipy",
    "pandas",
    "datasets",
    "trl",
)
IMPORT_BUDGET = 0.15
"""Seconds `import proactive_gym` may take on top of `import gymnasium`."""

# Written in two halves, so that this file does not name them either.
FOREIGN = [
    "/wo" + "rk/",
    "/tmp/" + "dev",
    "/opt/" + "wheels",
    "/opt/" + "pypi",
    "/root/" + ".",
    "py" + "pi.org",
    "python" + "hosted",
    "npm" + "js.",
    "deb." + "debian",
]


def run(*command: str | Path, **kwargs) -> str:
    """What `command` prints; its complaints are shown if it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **kwargs)
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def python(code: str) -> str:
    """What `code` prints in a fresh process that may keep bytecode."""
    return run(sys.executable, "-c", code, env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""}).strip()


@pytest.fixture(scope="session")
def checkout(project_root: Path) -> Path:
    """The project root, where it is a git checkout and not an unpacked source archive."""
    if not (project_root / ".git").exists():
        pytest.skip("not a git checkout")
    return project_root


def test_one_version(project_root: Path):
    declared = tomllib.loads((project_root / "pyproject.toml").read_text())["project"]["version"]
    assert proactive_gym.__version__ == declared
    assert f"\nversion: {declared}\n" in (project_root / "CITATION.cff").read_text()


def test_import_leaves_heavy_libraries_alone():
    loaded = python(f"import sys, proactive_gym; print(*[name for name in {HEAVY} if name in sys.modules])")
    assert loaded == ""


def test_import_is_quick():
    code = (
        "import gymnasium, time; start = time.process_time(); import proactive_gym; print(time.process_time() - start)"
    )
    python(code)  # compiles
    for _ in range(3):  # a busy machine gets another chance
        seconds = statistics.median(float(python(code)) for _ in range(5))
        if seconds <= IMPORT_BUDGET:
            return
    pytest.fail(f"import proactive_gym takes {seconds:.2f} s on top of gymnasium")


@pytest.mark.parametrize("room", ["envs", "agents"])
def test_front_door_links(checkout: Path, room: str):
    link = checkout / room
    assert link.is_symlink()
    assert os.readlink(link) == f"proactive_gym/{room}"
    assert (link / "__init__.py").is_file()


def test_no_file_names_the_machine_it_was_written_on(checkout: Path):
    patterns = [word for pattern in FOREIGN for word in ("-e", pattern)]
    found = subprocess.run(
        ["git", "grep", "--untracked", "-InF", *patterns], cwd=checkout, capture_output=True, text=True
    )
    assert found.stdout == ""
    assert found.returncode == 1, found.stderr  # 1: nothing found


@pytest.fixture(scope="module")
def archives(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A freshly built wheel, made from a freshly built source archive."""
    # In a copy: what earlier builds left behind would put into the archives what the settings forget.
    copy, out = tmp_path_factory.mktemp("build") / "project", tmp_path_factory.mktemp("dist")
    leftovers = shutil.ignore_patterns(
        ".git", ".venv", ".*_cache", "__pycache__", "*.egg-info", "build", "dist", "runs"
    )
    shutil.copytree(project_root, copy, symlinks=True, ignore=leftovers)
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, copy)
    return next(out.glob("*.whl")), next(out.glob("*.tar.gz"))


def wanted_files(project_root: Path) -> set[str]:
    """Everything in the package folder that people need, relative to the root."""
    files = (path for path in (project_root / "proactive_gym").rglob("*") if path.is_file())
    own = {path.relative_to(project_root).as_posix() for path in files if "__pycache__" not in path.parts}
    # A link to the examples, which `proactive-gym train` starts; those that are packages of their own stay out.
    recipes = {f"proactive_gym/recipes/{path.name}" for path in (project_root / "examples").glob("*.py")}
    return own - {"proactive_gym/recipes"} | recipes | {"proactive_gym_verifiers.py"}


@pytest.mark.slow
def test_wheel_holds_the_package_and_nothing_else(archives: tuple[Path, Path], project_root: Path):
    names = {name for name in zipfile.ZipFile(archives[0]).namelist() if ".dist-info/" not in name}
    assert names == wanted_files(project_root)


@pytest.mark.slow
def test_source_archive_holds_real_files(archives: tuple[Path, Path], project_root: Path):
    with tarfile.open(archives[1]) as archive:
        members = {member.name.partition("/")[2]: member for member in archive.getmembers()}
    files = {name for name, member in members.items() if member.isreg()}
    folders = [folder for folder in ("tests", "examples", "docs", "benchmarks") if (project_root / folder).is_dir()]
    sources = {
        path.relative_to(project_root).as_posix()
        for folder in folders
        for path in (project_root / folder).rglob("*.py")
    }
    assert files >= wanted_files(project_root) | sources | {"pyproject.toml", "LICENSE", "Makefile", "constraints.txt"}


@pytest.mark.slow
def test_wheel_plays_the_demo(archives: tuple[Path, Path], tmp_path: Path):
    home = tmp_path / "venv"
    venv.create(home, with_pip=False)
    scripts = home / "bin"
    site_packages = Path(
        run(scripts / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    )
    # The dependencies are borrowed from here. A path line does not run the .pth files there: not the editable install.
    (site_packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    run(sys.executable, "-m", "pip", "--python", scripts / "python", "install", "--no-deps", "--no-index", archives[0])

    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    where = run(
        scripts / "python", "-c", "import proactive_gym; print(proactive_gym.__file__)", cwd=tmp_path, env=clean
    )
    assert Path(where.strip()).is_relative_to(site_packages)

    run(scripts / "proactive-gym", "demo", "--episodes", "5", cwd=tmp_path, env=clean)
    made = {path.name for path in tmp_path.rglob("*") if path.is_file() and home not in path.parents}
    assert {"run.json", "episodes.jsonl", "summary.csv", "report.html"} <= made
