"""The tutorials do what they say: their Python runs, and so do their commands."""

import re
import shlex
import sys
from pathlib import Path

import pytest

from proactive_gym.cli import main

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "tutorials"
TUTORIALS = sorted(file.stem for file in FOLDER.glob("*.md"))
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"# (\w+\.py)\n")


@pytest.mark.parametrize("name", TUTORIALS)
def test_it_runs(name, tmp_path, monkeypatch):
    """Blocks in their order, in an empty folder; one that begins with a file's name is put there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    known = set(sys.modules)
    names: dict[str, object] = {}
    for kind, block in BLOCK.findall((FOLDER / f"{name}.md").read_text(encoding="utf-8")):
        if kind == "console":
            for line in block.splitlines():
                command = shlex.split(line, comments=True)
                assert command[0] == "proactive-gym", line
                assert main(command[1:]) == 0, line
        elif file := FILE.match(block):
            (tmp_path / file[1]).write_text(block, encoding="utf-8")
        else:
            exec(compile(block, f"{name}.md", "exec"), names)
    for module in set(sys.modules) - known:
        if str(getattr(sys.modules[module], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[module]  # another tutorial may have a file of that name


def test_all_are_in_the_list():
    listed = set(re.findall(r"\]\((\w+)\.md\)", (FOLDER / "index.md").read_text(encoding="utf-8")))
    assert listed == set(TUTORIALS) - {"index"}
