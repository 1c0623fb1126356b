"""The published models: one's own among them, and size against asking."""

import re
from pathlib import Path

import pytest
from PIL import Image

import proactive_gym
from proactive_gym.cli import main
from proactive_gym.evaluation import SCENARIO_IDS, cells, means
from proactive_gym.reports.among import (
    CHANCE,
    CHANCE_ON_AVERAGE,
    among_the_published,
    correlation,
    published_setting,
    size_of,
)
from proactive_gym.reports.published import published_results

OFFICIAL = {"source": "proactivebench", "data_dir": str(Path(__file__).parent / "parity")}


@pytest.mark.parametrize(
    ("given", "setting"),
    [
        ({}, "plain"),
        ({"reply": "text"}, "plain"),
        ({"split": "filtered"}, "plain"),
        ({"hint": True}, "hint"),
        ({"clear": True}, "reference"),
        ({"split": "all"}, "unfiltered"),
        ({"reply": "open", "single_turn": True}, "open_ended"),
        ({"reply": "open", "single_turn": True, "hint": True}, "open_ended_hint"),
        ({"reply": "open"}, "open_ended_multi_turn"),
        ({"hint": True, "split": "all"}, None),
        ({"menu_order": "shuffled"}, None),
        ({"hint": "Ask me."}, None),
        ({"budget": 3}, None),
        ({"source": "scenes"}, None),
        ({"source": {"type": "my.Source"}}, None),
        ({"image_size": {"odd": 1}}, None),
    ],
    ids=str,
)
def test_a_run_stands_among_the_published_in_their_settings_only(given, setting):
    assert published_setting({"env_kwargs": {**OFFICIAL, **given}}) == setting


def test_worked_examples_make_another_setting_and_rendered_scenes_are_never_among_them():
    assert published_setting({"env_kwargs": OFFICIAL, "shots": 3}) is None
    assert published_setting({"env_kwargs": {}}) is None and published_setting({}) is None


def test_every_setting_of_the_paper_that_runs_can_be_in_has_figures():
    table = cells([])
    for setting in (
        "plain",
        "hint",
        "reference",
        "unfiltered",
        "open_ended",
        "open_ended_hint",
        "open_ended_multi_turn",
    ):
        records = among_the_published(table, setting).records()
        assert len({record["model"] for record in records}) >= 10 and all(record["published"] for record in records)


@pytest.fixture(scope="module")
def official(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    return proactive_gym.evaluate(["random", "oracle"], SCENARIO_IDS, split="all", out=folder, **OFFICIAL)


def test_ones_own_agents_stand_among_the_22_with_intervals(official):
    records = among_the_published([*official.table, *means(official.table)], "unfiltered").records()
    own = [record for record in records if not record["published"]]
    assert len(own) == 2 * 8 and {record["scenario"] for record in own} == {*CHANCE, "mean"}
    assert all(record["accuracy_low"] <= record["accuracy"] <= record["accuracy_high"] for record in own)
    theirs = [record for record in records if record["published"] and record["scenario"] == "mean"]
    assert len(theirs) == len(published_results(setting="unfiltered", scenario="mean", metric="accuracy"))
    page = (official.folder / "report.html").read_text(encoding="utf-8")
    assert "Among the published models" in page
    assert (official.folder / "plots" / "among_the_published.csv").exists()


def test_the_mean_over_some_scenarios_is_not_put_beside_that_over_seven(official):
    some = [cell for cell in official.table if cell.env in SCENARIO_IDS[:3]]
    records = among_the_published([*some, *means(some)], "plain").records()
    assert {r["scenario"] for r in records if not r["published"]} == {"occlusion", "video_occlusion", "viewpoint"}


@pytest.mark.parametrize(
    ("model", "size"),
    [("LLaVA-OV-0.5B", 0.5), ("InternVL3-78B", 78), ("Phi-4-Multimodal-6B", 6), ("o4-mini", None), ("GPT-4.1", None)],
)
def test_sizes_are_read_off_the_names(model, size):
    assert size_of(model) == size


def test_larger_models_see_more_and_ask_less():
    """The paper's “no correlation with capacity”, and what lies behind it."""
    accuracy, asking = correlation("plain", "accuracy"), correlation("plain", "suggestions")
    seeing = correlation("reference", "accuracy")
    assert [round(each.rho.value, 2) for each in (accuracy, asking, seeing)] == [-0.35, -0.52, 0.62]
    assert accuracy.rho.low < 0 < accuracy.rho.high and accuracy.p > 0.05
    assert asking.rho.high < 0 < seeing.rho.low and accuracy.models == 19


def test_random_choice_scores_about_as_the_published_models_do():
    assert pytest.approx(0.17, abs=0.005) == CHANCE_ON_AVERAGE
    for scenario, (options, asking, turns) in {"sketch": (6, 1, 5), "image_quality": (9, 1, 5)}.items():
        rightly = sum((asking / options) ** turn / options for turn in range(turns))  # turn by turn, to the last
        assert CHANCE[scenario] == pytest.approx(rightly, abs=0.001)


def test_the_command_makes_the_plot_and_the_figures_of_the_docs(tmp_path, capsys, project_root):
    assert main(["published", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    with Image.open(tmp_path / "published_sizes.png") as picture:
        assert picture.width > 1000
    assert (tmp_path / "published_sizes.csv").read_bytes() == (
        project_root / "docs" / "published_sizes.csv"
    ).read_bytes()
    told = (project_root / "docs" / "published.md").read_text(encoding="utf-8").replace("−", "-")
    for figure in re.findall(r"[-+]\d\.\d\d \([-+]\d\.\d\d to [-+]\d\.\d\d\)", said):
        assert figure in told
    assert f"{100 * CHANCE_ON_AVERAGE:.1f} %" in said and f"{100 * CHANCE_ON_AVERAGE:.1f} %" in told
