"""The figures behind the report: landmarks, and what is plotted."""

import csv
import math

import pytest

import proactive_gym
from proactive_gym.cli import main
from proactive_gym.evaluation import SCENARIO_IDS, cells
from proactive_gym.evaluation.mistakes import Ending
from proactive_gym.reports.drawing import INK, Looks
from proactive_gym.reports.landmarks import NAMES, landmarks
from proactive_gym.reports.plots import plots_of
from proactive_gym.reports.series import (
    IDEAL,
    accuracy_against_requests,
    accuracy_by_scenario,
    gain_against_price,
    how_it_ended,
    plotted,
    risk_against_coverage,
    sufficiency_when_answering,
)
from proactive_gym.reports.sheets import evenly
from proactive_gym.rollout import make_desk

SETTING = {"image_size": 32, "control": "mixed"}
ENVS = ("ProactiveOcclusion-v0", "ProactiveSketch-v0")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Every landmark and another agent on two scenarios."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    return proactive_gym.evaluate([*NAMES, "abstain"], ENVS, episodes=30, out=folder, **SETTING)


def by_place(marks):
    return {(mark.agent, mark.env): (mark.accuracy, mark.requests) for mark in marks}


def test_landmarks_are_what_the_scripted_agents_come_to(run):
    """Playing them anew, without a picture, gives the figures of those who took part."""
    desks = {env: make_desk(env, SETTING) for env in ENVS}
    took_part = landmarks(run.rows, run.table, desks)
    others = [row for row in run.rows if row["agent"] == "abstain"]
    played = landmarks(others, cells(others), desks)
    assert {mark.how for mark in took_part} == {"run"} and {mark.how for mark in played} == {"played"}
    assert by_place(took_part) == by_place(played) and len(played) == len(NAMES) * len(ENVS)


def test_what_needs_no_playing_is_reckoned_where_the_source_is_gone(run):
    others = [row for row in run.rows if row["agent"] == "abstain"]
    reckoned = by_place(landmarks(others, cells(others), {}))
    oracle = {cell.env: cell.measures for cell in run.table if cell.agent == "oracle"}
    assert {agent for agent, _ in reckoned} == {"oracle", "never-ask"}
    for env in ENVS:
        assert reckoned["oracle", env][0].value == pytest.approx(oracle[env]["accuracy"].value)
        assert reckoned["oracle", env][1].value == pytest.approx(oracle[env]["requests"].value)
        assert reckoned["never-ask", env][0] == (0.25, 0.25, 0.25)
    unknown = [{**row, "sufficiency": None} for row in others]
    assert landmarks(unknown, cells(unknown), {}) == []


def test_landmarks_that_need_a_menu_are_left_out_of_free_words():
    rows = proactive_gym.evaluate("oracle", ENVS[0], episodes=3, reply="open", image_size=32).rows
    desk = make_desk(ENVS[0], {"reply": "open", "image_size": 32})
    other = [{**row, "agent": "someone"} for row in rows]
    assert [mark.agent for mark in landmarks(other, cells(other), {ENVS[0]: desk})] == ["oracle"]


def test_the_means_of_a_sheet_are_over_agents_that_have_been_everywhere(run):
    rows = [row for row in run.rows if (row["agent"], row["env"]) != ("abstain", ENVS[0])]
    sheet = accuracy_against_requests(cells(rows), [])
    means = {row["agent"]: row for row in sheet.records() if row["env"] == "mean"}
    assert set(means) == set(NAMES)
    both = [cell.measures["accuracy"].value for cell in cells(rows) if cell.agent == "random"]
    assert means["random"]["accuracy"] == pytest.approx(sum(both) / 2)


def test_gain_falls_with_the_price_of_what_is_asked_and_nobody_beats_the_ideal(run):
    records = gain_against_price(run.rows, landmarks(run.rows, run.table, {})).records()
    line = {
        agent: [row["net_gain"] for row in records if (row["agent"], row["env"]) == (agent, "mean")]
        for agent in (*NAMES, IDEAL)
    }
    accuracy = {cell.agent: cell.measures["accuracy"].value for cell in run.table if cell.env == ENVS[0]}
    assert line["never-ask"][0] == line["never-ask"][-1]  # asks nothing, pays nothing
    assert line["always-ask"][0] > line["always-ask"][-1] and accuracy["oracle"] > accuracy["random"]
    assert all(best >= each - 0.05 for best, each in zip(line[IDEAL], line["oracle"], strict=True))


def test_every_answer_is_counted_once_by_what_was_seen(run):
    for agent in NAMES:
        bins = [row for row in sufficiency_when_answering(run.rows).records() if row["agent"] == agent]
        answered = [row for row in run.rows if row["agent"] == agent and row["outcome"] in ("correct", "wrong")]
        assert sum(row["right"] + row["wrong"] for row in bins) == len(answered)
    oracle = [row for row in sufficiency_when_answering(run.rows).records() if row["agent"] == "oracle"]
    assert all(row["wrong"] == 0 and (row["from"] >= 0.8 or row["right"] == 0) for row in oracle)


def test_endings_of_an_agent_sum_up_to_its_episodes(run):
    for agent in (*NAMES, "abstain"):
        records = [row for row in how_it_ended(run.rows).records() if row["agent"] == agent]
        assert sum(row["episodes"] for row in records) == 60
        assert sum(row["share"] for row in records) == pytest.approx(2)  # of either environment
        assert {row["ending"] for row in records} <= set(Ending)


def test_a_suite_is_told_apart_by_scenario():
    rows = proactive_gym.evaluate("never-ask", "ProactiveSuite-v0", episodes=28, image_size=32).rows
    records = accuracy_by_scenario(rows).records()
    assert len(records) == 7 and sum(row["episodes"] for row in records) == 28


def test_sheets_without_anything_are_not_written(run):
    assert risk_against_coverage(run.rows).rows == []
    unknown = [{**row, "sufficiency": None} for row in run.rows]
    names = {sheet.name for sheet in plotted(unknown, cells(unknown), [])}
    assert names == {"accuracy_against_requests", "accuracy_by_scenario", "gain_against_price", "endings"}


def test_evenly_chosen_means_from_end_to_end():
    assert evenly("abcdef", 3) == ["a", "c", "e"] and evenly("ab", 3) == ["a", "b"] and evenly("", 3) == []


def test_a_report_can_be_reckoned_anew_at_any_time(run):
    made = {file: file.read_bytes() for file in sorted(run.folder.rglob("*.csv"))}
    assert {"summary.csv", "endings.csv", "gain_against_price.csv"} <= {file.name for file in made}
    for file in made:
        file.unlink()
    assert main(["report", str(run.folder)]) == 0
    assert {file: file.read_bytes() for file in sorted(run.folder.rglob("*.csv"))} == made


def test_the_summary_leaves_empty_what_cannot_be_known(run, tmp_path):
    def read(folder):
        with (folder / "summary.csv").open(encoding="utf-8", newline="") as stream:
            return {(row["agent"], row["env"]): row for row in csv.DictReader(stream)}

    known = read(run.folder)
    assert float(known["oracle", ENVS[0]]["recall"]) == 1 and known["never-ask", ENVS[0]]["precision"] == ""
    assert all(known[agent, env]["answer_auroc"] == "" for agent in NAMES for env in ENVS)
    unknown = cells([{**row, "sufficiency": None} for row in run.rows])
    assert all(math.isnan(cell.measures["recall"].value) for cell in unknown)


@pytest.mark.parametrize("env", SCENARIO_IDS)
def test_landmarks_stand_in_every_scenario(env):
    rows = proactive_gym.evaluate("abstain", env, episodes=4, image_size=32).rows
    marks = landmarks(rows, cells(rows), {env: make_desk(env, {"image_size": 32})})
    assert [mark.agent for mark in marks] == [*NAMES]
    assert marks[0].accuracy.value == 1 and marks[2].requests.value == 0


def test_many_agents_with_confidences_are_drawn(run):
    """More agents than colours or panels, with names that would be formulas, on pages of either kind."""
    rows = []
    for number in range(14):
        for row in run.rows:
            if row["agent"] == "random":
                shares = [0.1 + 0.5 * (row["choices"][turn] == place) for turn in range(len(row["choices"]))
                          for place in range(len(row["options"]))]  # fmt: skip
                turns = [
                    shares[turn * len(row["options"]) :][: len(row["options"])] for turn in range(len(row["choices"]))
                ]
                rows.append({**row, "agent": f"$model_{{{number}}}$", "confidences": turns})
    table = cells(rows)
    sheets = plotted(rows, table, [])
    drawn = {plot.name: plot for plot in plots_of(sheets, Looks([cell.agent for cell in table]))}
    assert "risk_against_coverage" in drawn and len(drawn) == len(sheets) + 1
    assert "12 of 14 agents are shown" in drawn["sufficiency_when_answering"].caption
    for plot in drawn.values():
        assert (
            plot.png.startswith(b"\x89PNG") and plot.light != plot.dark and INK in plot.light and INK not in plot.dark
        )
    assert "$model_{13}$" in drawn["risk_against_coverage"].light
    looks = [tuple(Looks([str(number) for number in range(64)]).of(str(number)).values()) for number in range(64)]
    assert len(set(looks)) == 64
