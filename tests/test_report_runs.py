"""Several runs, damaged ones, ones that are not finished: what can be shown is shown, and the rest is said."""

import csv
import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import proactive_gym
from proactive_gym.cli import main
from proactive_gym.evaluation.joining import joint, run_names
from proactive_gym.evaluation.salvaging import is_sound, salvaged
from proactive_gym.stored import line

SKETCH, OCCLUSION = "ProactiveSketch-v0", "ProactiveOcclusion-v0"
PARITY = str(Path(__file__).parent / "parity")
SMALL = {"image_size": 32}


class First:
    """Takes the option that stands first; so it changes its mind with the menu's order."""

    name = "first"

    def act(self, turns):
        return [int(turn.action_mask.nonzero()[0][0]) for turn in turns]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Plain, with hint, in the benchmark's order, other episodes, and official rows."""
    folder = tmp_path_factory.mktemp("runs")

    def play(name, agents, env=SKETCH, **more):
        proactive_gym.evaluate(agents, env, episodes=8, out=folder / name, **more)

    play("plain", ["random", First()], **SMALL)
    play("hinted", ["random"], hint=True, **SMALL)
    play("ordered", [First(), "oracle"], menu_order="benchmark", **SMALL)
    play("later", ["random"], seed=3, **SMALL)
    official = {"source": "proactivebench", "data_dir": PARITY, "split": "all"}
    play("official", ["random"], **official)
    return folder


@pytest.fixture
def copy(runs, tmp_path):
    """One of them to spoil."""
    (tmp_path / "run").mkdir()
    for name in ("run.json", "episodes.jsonl"):
        (tmp_path / "run" / name).write_bytes((runs / "plain" / name).read_bytes())
    return tmp_path / "run"


def table(file):
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def text_of(file):
    found = []

    class Text(HTMLParser):
        def handle_data(self, data):
            found.append(data)

    Text().feed(file.read_text(encoding="utf-8"))
    return " ".join(" ".join(found).split())


# --- Side by side -----------------------------------------------------------------------------------------------------


def test_sources_and_settings_have_tables_of_their_own(runs):
    found = joint([salvaged(runs / name) for name in ("plain", "hinted", "ordered", "official")])
    assert [group.runs for group in found.groups] == [["plain"], ["hinted"], ["ordered"], ["official"]]
    assert len({(group.source, group.setting) for group in found.groups}) == 4
    assert {group.source for group in found.groups} == {
        "scenes, image_size=32",
        f"proactivebench, data_dir={PARITY}, split=all",
    }
    for group in found.groups:
        sources = {row["episode"].partition("/")[0] for row in group.rows}
        assert len(sources) == 1


def test_the_same_agent_is_told_apart_by_its_run_unless_the_runs_are_parts_of_one(runs):
    names = lambda *folders: {  # noqa: E731
        cell.agent for group in joint([salvaged(runs / name) for name in folders]).groups for cell in group.table
    }
    assert names("plain", "hinted") == {"random (plain)", "random (hinted)", "first"}
    assert names("plain", "later") == {"random", "first"}  # other episodes in the same setting
    (group,) = joint([salvaged(runs / name) for name in ("plain", "later")]).groups
    assert {cell.agent: cell.episodes for cell in group.table} == {"random": 16, "first": 8}


def test_pairs_are_of_the_same_episodes_only(runs):
    found = joint([salvaged(runs / name) for name in ("plain", "hinted", "later", "official")])
    pairs = {(pair.agent, pair.other): pair.episodes for _, pair in found.pairs if pair.measure == "accuracy"}
    assert pairs == {
        ("random (plain)", "first"): 8,
        ("random (plain)", "random (hinted)"): 8,
        ("first", "random (hinted)"): 8,
    }


def test_the_flip_rate_is_of_runs_that_differ_in_the_order_alone(runs):
    found = joint([salvaged(runs / name) for name in ("plain", "ordered", "hinted")])
    assert [(flip.agent, flip.run, flip.other) for flip in found.flips] == [("first", "plain", "ordered")]
    assert found.flips[0].rate.value > 0.5


def test_a_comparison_is_written_beside_the_reports(runs, capsys):
    assert main(["report", *(str(runs / name) for name in ("plain", "ordered", "official"))]) == 0
    out = runs / "comparison"
    assert {"comparison.html", "comparison.csv", "comparisons.csv", "flips.csv", "plots"} == {
        file.name for file in out.iterdir()
    }
    assert all((runs / name / "report.html").exists() for name in ("plain", "ordered", "official"))
    text = text_of(out / "comparison.html")
    for words in (
        "3 runs compared",
        "menu_order=benchmark",
        "proactivebench, data_dir",
        "first (plain)",
        "order changes",
    ):
        assert words in text
    assert {row["source"] for row in table(out / "comparison.csv")} == {
        "scenes, image_size=32",
        f"proactivebench, data_dir={PARITY}, split=all",
    }
    assert "first (plain) – first (ordered)" in capsys.readouterr().out


def test_names_of_runs_tell_them_apart(tmp_path):
    assert run_names([tmp_path / "a", tmp_path / "b"]) == ["a", "b"]
    assert run_names([tmp_path / "x" / "run", tmp_path / "y" / "run"]) == ["x/run", "y/run"]


def test_names_of_runs_and_agents_cannot_harm_the_comparison(runs, tmp_path):
    word = "<img src=x onerror=alert(1)>"
    folders = []
    for name in ("plain", "ordered"):
        folder = tmp_path / f"{name}{word.replace('/', '')}"
        folder.mkdir()
        folders.append(str(folder))
        (folder / "run.json").write_bytes((runs / name / "run.json").read_bytes())
        text = (runs / name / "episodes.jsonl").read_text(encoding="utf-8")
        (folder / "episodes.jsonl").write_text(text.replace('"first"', json.dumps(word)), encoding="utf-8")
    assert main(["report", *folders, "--out", str(tmp_path / "out")]) == 0
    page = (tmp_path / "out" / "comparison.html").read_text(encoding="utf-8")
    assert "<img src=x" not in page and "&lt;img src=x" in page and "<script" not in page
    assert "default-src 'none'" in page


# --- Damaged ----------------------------------------------------------------------------------------------------------


def spoil(file, number, text):
    lines = file.read_bytes().splitlines(keepends=True)
    lines[number] = text
    file.write_bytes(b"".join(lines))


def test_damaged_lines_are_left_out_and_said(copy, capsys):
    spoil(copy / "episodes.jsonl", 2, b"hello\n")
    assert main(["report", str(copy)]) == 1
    said = capsys.readouterr().err
    assert "Line 3 of" in said and "left out" in said and said.count("\n") == 1
    assert sum(int(row["episodes"]) for row in table(copy / "summary.csv")) == 15
    assert (copy / "report.html").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"options": 5},
        {"options": ["one"]},
        {"kinds": ["nonsense"] * 6},
        {"outcomes": ["won"]},
        {"outcomes": []},
        {"choices": [999]},
        {"choices": ["a"]},
        {"offered": ["2222222"]},
        {"sufficiency": [0.5] * 99},
        {"sufficiency": ["a"]},
        {"return": float("nan")},
        {"requests": -1},
        {"requests_needed": "one"},
        {"answer": None},
        {"agent": 7},
        {"error": 3},
        {"confidences": [[2.0]]},
        {"replies": None},
    ],
    ids=str,
)
def test_a_row_of_another_form_harms_no_report(runs, change):
    rows = salvaged(runs / "plain").evaluation.rows
    assert all(map(is_sound, rows)) and not is_sound({**rows[0], **change})


def test_one_run_that_is_damaged_does_not_hide_the_others(runs, copy, tmp_path, capsys):
    (copy / "episodes.jsonl").write_bytes(b"\xff\xfe\n")
    (tmp_path / "empty").mkdir()
    folders = [str(runs / "plain"), str(copy), str(tmp_path / "empty"), str(runs / "later")]
    assert main(["report", *folders, "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2 and "was damaged" in said[0] and "holds no run" in said[1]
    text = text_of(tmp_path / "out" / "comparison.html")
    assert "2 runs compared" in text and "was damaged" in text and "holds no run" in text


def test_a_run_that_is_half_done_says_how_much_of_it_is_there(copy):
    content = (copy / "episodes.jsonl").read_bytes()
    (copy / "episodes.jsonl").write_bytes(content[: len(content) // 2])
    assert main(["report", str(copy)]) == 0
    assert re.search(r"The run is unfinished: \d+ of 16 episodes", text_of(copy / "report.html"))


def test_a_run_of_another_version_says_so(copy, capsys):
    told = json.loads((copy / "run.json").read_text(encoding="utf-8"))
    told["configuration"]["version"] = "0.0.1"
    (copy / "run.json").write_text(json.dumps(told), encoding="utf-8")
    assert main(["report", str(copy)]) == 0
    assert "The run was played by version 0.0.1" in text_of(copy / "report.html")
    old = [{name: value for name, value in row.items() if name != "offered"} for row in salvaged(copy).evaluation.rows]
    (copy / "episodes.jsonl").write_bytes("".join(map(line, old)).encode())
    assert main(["report", str(copy)]) == 1
    said = capsys.readouterr().err
    assert "the run is of version 0.0.1" in said and said.count("\n") == 1


def test_a_run_without_its_description_is_shown_without_pictures(copy, capsys):
    (copy / "run.json").write_text("{")
    assert main(["report", str(copy)]) == 1
    assert "run.json is damaged" in capsys.readouterr().err
    assert "Not all pictures can be shown" in text_of(copy / "report.html")


def test_a_source_without_sufficiency_leaves_its_measures_out_and_says_so(runs):
    assert main(["report", str(runs / "official")]) == 0
    text = text_of(runs / "official" / "report.html")
    assert "does not say how much its pictures show" in text and "over-asking d′" not in text
    (summary,) = table(runs / "official" / "summary.csv")
    assert summary["recall"] == "" and summary["accuracy"] != "" and summary["repeated"] is not None
    assert not (runs / "official" / "plots" / "sufficiency_when_answering.csv").exists()
    assert not math.isnan(float(summary["first_place"]))
