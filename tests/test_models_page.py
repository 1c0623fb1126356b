"""The page about models: its table is the data's, and its comparison with the benchmark's own loop can be made."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def of_project(monkeypatch):
    """Scripts of the project can be imported."""
    for folder in ("tools", "benchmarks"):
        monkeypatch.syspath_prepend(str(ROOT / folder))


def test_the_table_of_models_is_that_of_the_data(of_project):
    import model_table

    page = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    assert model_table.filled(page) == page, "python tools/model_table.py"


def test_the_page_names_every_option_of_models(capsys):
    from proactive_gym.cli import main

    with pytest.raises(SystemExit):
        main(["eval", "--help"])
    own = capsys.readouterr().out.partition("\nasking:")[2].partition("\njudge:")[0]
    assert "--history" in own and "--decide" in own
    others = {"--base-url", "--concurrency", "--timeout", "--price", "--cache"}  # of chat endpoints: docs/evaluation.md
    page = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    assert {option for option in re.findall(r"--[a-z-]+", own) if option not in page} <= others


@pytest.mark.slow
def test_the_benchmarks_own_loop_gets_the_same_replies(of_project, tmp_path):
    pytest.importorskip("transformers")
    import reference

    modules = set(sys.modules)
    try:
        found = reference.compare(reference.Case("tiny", False, 400), 1, tmp_path)
    finally:
        for name in set(sys.modules) - modules:
            if name.partition(".")[0] in ("proactivebench", "jsonlines", "qwen_vl_utils"):
                del sys.modules[name]
    first, *others = found.rounds.values()
    assert {once.decisions for played in others for once in played} == {first[0].decisions}
    assert len({reply for episodes in first[0].replies.values() for said in episodes for reply in said}) > 3
    assert any(len(said) > 1 for episodes in first[0].replies.values() for said in episodes)
