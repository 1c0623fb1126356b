"""The README does what it says."""

import re
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[1] / "README.md"
TEXT = README.read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)


def test_the_python_blocks_run_one_after_another(capsys):
    names: dict[str, object] = {}
    for block in BLOCKS:
        exec(compile(block, str(README), "exec"), names)
    printed = capsys.readouterr().out
    assert "A. " in printed and "scenes/sketch/test/" in printed


def test_ten_lines_are_ten_lines():
    assert len(BLOCKS[0].strip().splitlines()) <= 14


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((?!https?://)([^)#]+)\)", TEXT))))
def test_links_lead_somewhere(link):
    assert (README.parent / link).exists()


def test_the_table_lists_all_ids():
    import proactive_gym

    assert set(re.findall(r"^\| `(Proactive\w+-v0)`", TEXT, flags=re.MULTILINE)) == set(proactive_gym.ENVIRONMENTS)


def test_the_table_lists_all_scripted_agents():
    from proactive_gym.agents import agent_names

    assert set(re.findall(r"^\| `([a-z-]+)` \|", TEXT, flags=re.MULTILINE)) == set(agent_names())
