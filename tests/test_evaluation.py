"""Evaluation: runs that survive anything to the byte, measures and intervals that are right, reports that are safe."""

from __future__ import annotations

import csv
import json
import math
from html.parser import HTMLParser
from itertools import count

import numpy as np
import pytest

import proactive_gym
from proactive_gym import InputError, Reward, evaluate
from proactive_gym.agents import scripted
from proactive_gym.draw import Draw
from proactive_gym.evaluation import SCENARIO_IDS, Evaluation, cells, comparisons, means
from proactive_gym.evaluation.comparison import chance
from proactive_gym.evaluation.filtering import filtered, read_names, write_names
from proactive_gym.evaluation.further import FURTHER
from proactive_gym.evaluation.measures import MEASURES
from proactive_gym.evaluation.run_directory import RunDirectory
from proactive_gym.evaluation.statistics import average, family, share
from proactive_gym.menu import Kind
from proactive_gym.reports.page import write_page
from proactive_gym.reports.tables import write_csv
from proactive_gym.rollout import AgentError
from proactive_gym.sources.scenes.source import ScenesSource

ENVS = ["ProactiveOcclusion-v0", "ProactiveVideoMoment-v0"]
EPISODES = 6


class Writer:
    """Answers in words, some of them beyond ASCII, after a request or two."""

    name = "writer"

    def __init__(self, fails_at: int = 0, failure: type[BaseException] = RuntimeError):
        self.calls, self.fails_at, self.failure = 0, fails_at, failure
        self.asked: list[tuple[str, int]] = []

    def act(self, turns):
        self.calls += 1
        if self.calls == self.fails_at:
            raise self.failure("the server is gone")
        self.asked += [(turn.episode, turn.number) for turn in turns]
        return [self.reply(turn) for turn in turns]

    def reply(self, turn):
        asking = turn.on_offer(Kind.INTERVENTION)
        if asking and turn.number < len(turn.episode) % 3 + int(turn.episode[-1]) % 3:
            return asking[-1]
        return f"„{turn.options[turn.on_offer(Kind.ANSWER)[0]]}“ – schön! \N{GRINNING FACE}"


def run(out=None, agents=None, num_envs: int = 4, **arguments) -> Evaluation:
    arguments = {"envs": ENVS, "episodes": EPISODES, "image_size": 64, **arguments}
    return evaluate(agents or [scripted.random(), Writer()], num_envs=num_envs, out=out, **arguments)


def files(folder) -> tuple[bytes, bytes]:
    """The episodes and the summary that the report makes of them."""
    write_csv(Evaluation(RunDirectory(folder).rows(), folder).table, folder / "summary.csv")
    return (folder / "episodes.jsonl").read_bytes(), (folder / "summary.csv").read_bytes()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """A run that nothing happened to: its folder, and its files' bytes."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    run(folder)
    return folder, files(folder)


@pytest.fixture
def copy(uninterrupted, tmp_path):
    """A run folder that holds the beginning of the uninterrupted run's episodes."""

    def begun(content: bytes | None):
        folder = tmp_path / "run"
        folder.mkdir()
        (folder / "run.json").write_bytes((uninterrupted[0] / "run.json").read_bytes())
        if content is not None:
            (folder / "episodes.jsonl").write_bytes(content)
        return folder

    return begun


# --- The run folder ---------------------------------------------------------------------------------------------------


def test_a_run_folder_holds_the_configuration_the_episodes_and_the_time(uninterrupted):
    folder, (content, _) = uninterrupted
    described = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert described["configuration"]["agents"] == ["random", "writer"]
    assert described["configuration"]["env_kwargs"] == {"image_size": 64}
    assert described["configuration"]["version"] == proactive_gym.__version__ and len(described["hash"]) == 64
    rows = [json.loads(text) for text in content.decode().splitlines()]
    keys = [(row["agent"], row["env"], row["episode"]) for row in rows]
    assert len(set(keys)) == len(keys) == 2 * len(ENVS) * EPISODES
    assert [key[:2] for key in keys[::EPISODES]] == [(agent, env) for agent in ("random", "writer") for env in ENVS]
    timing = [json.loads(text) for text in (folder / "timing.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["episodes"] for line in timing] == [EPISODES] * 4
    assert not list(folder.glob("*.part"))


def test_a_row_says_all_about_an_episode_but_its_pictures(uninterrupted):
    for text in uninterrupted[1][0].decode().splitlines():
        row = json.loads(text)
        assert len(row["replies"]) == len(row["choices"]) == len(row["outcomes"]) == len(row["sufficiency"])
        assert row["outcomes"][-1] == row["outcome"] and len(row["options"]) == len(row["kinds"])
        assert (row["outcome"] == "correct") == (row["choices"][-1] == row["answer"]) == (row["return"] == 1.0)
        asked = [row["kinds"][choice] == "intervention" for choice in row["choices"]]
        assert row["requests"] == sum(asked)


@pytest.mark.parametrize("num_envs", [1, 3, 64])
def test_the_batch_size_changes_no_byte(uninterrupted, tmp_path, num_envs):
    run(tmp_path / "run", num_envs=num_envs)
    assert files(tmp_path / "run") == uninterrupted[1]


def test_without_a_folder_the_rows_are_the_same(uninterrupted):
    assert run().rows == RunDirectory(uninterrupted[0]).rows()


def torn_at(content: bytes) -> list[int]:
    """Places where a file may be torn: at its ends, around ends of lines, within a character, and anywhere."""
    ends = [number + 1 for number, byte in enumerate(content) if byte == ord("\n")]
    around = [end + shift for end in (ends[0], ends[7], ends[-2], ends[-1]) for shift in (-2, -1, 0, 1)]
    within = content.index("\N{GRINNING FACE}".encode()) + 2
    draw = Draw("torn")
    anywhere = [draw.whole(0, len(content)) for _ in range(14)]
    return sorted({0, 1, within, *(place for place in around if place <= len(content)), *anywhere})


def test_a_run_torn_anywhere_goes_on_to_the_same_bytes(uninterrupted, tmp_path):
    folder, (content, summary) = uninterrupted
    for number, end in enumerate(torn_at(content)):
        torn = tmp_path / str(number)
        torn.mkdir()
        (torn / "run.json").write_bytes((folder / "run.json").read_bytes())
        (torn / "episodes.jsonl").write_bytes(content[:end])
        evaluation = run(torn)
        assert files(torn) == (content, summary), f"torn after {end} bytes"
        assert len(evaluation.rows) == 2 * len(ENVS) * EPISODES


def test_a_run_that_was_described_but_not_begun_begins(copy, uninterrupted):
    folder = copy(None)
    run(folder)
    assert files(folder) == uninterrupted[1]


def test_nothing_that_is_finished_is_asked_again(copy, uninterrupted):
    content = uninterrupted[1][0]
    lines = content.splitlines(keepends=True)
    folder = copy(b"".join(lines[: 2 * EPISODES + 2]))
    writer = Writer()
    run(folder, agents=[scripted.random(), writer])
    owed = {json.loads(text)["episode"] for text in lines[2 * EPISODES + 2 :]}
    assert {episode for episode, _ in writer.asked} == owed and len(set(writer.asked)) == len(writer.asked)
    finished = Writer(fails_at=1)
    run(folder, agents=[scripted.random(), finished])
    assert finished.calls == 0 and files(folder) == uninterrupted[1]


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt])
def test_an_agent_that_failed_and_was_mended_leaves_no_trace(uninterrupted, tmp_path, failure):
    for call in range(1, 9):
        folder = tmp_path / str(call)
        with pytest.raises((AgentError, KeyboardInterrupt)):
            run(folder, agents=[scripted.random(), Writer(fails_at=call, failure=failure)])
        kept = (folder / "episodes.jsonl").read_bytes().splitlines()
        assert len(kept) >= 2 * EPISODES
        run(folder)
        assert files(folder) == uninterrupted[1], f"failed at call {call}"


def test_an_agent_that_fails_again_and_again_still_arrives(uninterrupted, tmp_path):
    for _ in range(40):
        try:
            run(tmp_path / "run", agents=[scripted.random(), Writer(fails_at=7)])
        except AgentError:
            continue
        break
    assert files(tmp_path / "run") == uninterrupted[1]


@pytest.mark.parametrize("after", [1, 7, 13, 23])
def test_an_interrupted_run_goes_on(uninterrupted, tmp_path, after):
    seen = []

    def watch(progress):
        seen.append(progress.row)
        if len(seen) == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "run", watch=watch)
    assert len((tmp_path / "run" / "episodes.jsonl").read_bytes().splitlines()) == after
    again = []
    run(tmp_path / "run", watch=again.append)
    assert files(tmp_path / "run") == uninterrupted[1]
    assert len(again) == 2 * len(ENVS) * EPISODES and sum(progress.row is None for progress in again) == after
    assert {progress.episodes for progress in again} == {len(again)}


def test_nothing_counts_twice(copy, uninterrupted):
    """As where two processes were at work in one folder."""
    content = uninterrupted[1][0]
    lines = content.splitlines(keepends=True)
    folder = copy(b"".join([*lines[:5], *lines[2:]]))
    evaluation = run(folder)
    assert len(evaluation.rows) == len(lines)
    assert files(folder) == uninterrupted[1]


ODD = ["\ud800", "\x00\x1b[31m", "a\r\nb\u2028c\x85d", "<script>", "\N{GRINNING FACE}" * 100, "", '"\\\n']


@pytest.mark.parametrize("words", ODD, ids=ascii)
def test_any_words_can_be_kept(tmp_path, words):
    class Odd(Writer):
        def reply(self, turn):
            return words

    first = run(tmp_path / "run", agents=[Odd()])
    assert {*(row["replies"][0] for row in first.rows)} == {words}
    content = files(tmp_path / "run")
    again = run(tmp_path / "run", agents=[Odd(fails_at=1)])
    assert again.rows == first.rows and files(tmp_path / "run") == content


CHANGES = [
    ({"episodes": 7}, "episodes was 6 and is now 7"),
    ({"seed": 1}, "seed was 0 and is now 1"),
    ({"envs": ENVS[:1]}, "envs was"),
    ({"agents": [scripted.random()]}, "agents was ['random', 'writer'] and is now ['random']"),
    ({"image_size": 48}, "env_kwargs was {'image_size': 64} and is now {'image_size': 48}"),
    ({"reward": Reward(request=0.5)}, "request=0.5"),
    ({"hint": True}, "'hint': True"),
]


@pytest.mark.parametrize(("change", "difference"), CHANGES, ids=[difference for _, difference in CHANGES])
def test_another_configuration_is_refused_with_the_difference(copy, uninterrupted, change, difference):
    folder = copy(uninterrupted[1][0])
    with pytest.raises(InputError) as error:
        run(folder, **change)
    assert difference in str(error.value) and str(folder) in str(error.value) and "\n" not in str(error.value)
    assert (folder / "episodes.jsonl").read_bytes() == uninterrupted[1][0]


def test_another_version_of_the_package_is_refused(copy, uninterrupted, monkeypatch):
    folder = copy(uninterrupted[1][0])
    monkeypatch.setattr(proactive_gym, "__version__", "99.0")
    with pytest.raises(InputError, match=r"version was '[^']+' and is now '99\.0'"):
        run(folder)


def test_rewards_and_sources_of_ones_own_go_on_too(tmp_path):
    """What describes them does not change from one process to the next."""
    for _ in range(2):
        run(tmp_path / "reward", reward=Reward(request=0.5))
        run(tmp_path / "source", source=ScenesSource("test", 64), image_size=None)
    assert "0x" not in (tmp_path / "source" / "run.json").read_text(encoding="utf-8")


DAMAGED = {
    "no JSON": b"{oops\n",
    "another object": b'{"a": 1}\n',
    "no object": b"[1, 2]\n",
    "null": b"null\n",
    "empty": b"\n",
    "nothing but zeros": b"\x00" * 40 + b"\n",
    "no UTF-8": b'{"agent": "\xff\xfe"}\n',
    "half of a row": b'{"agent":"random","env":"e","episode":"x","outcome":"correct","replies":[]}\n',
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_line_is_named(copy, uninterrupted, damage):
    lines = uninterrupted[1][0].splitlines(keepends=True)
    folder = copy(b"".join([*lines[:2], damage, *lines[3:]]))
    for read in (lambda: run(folder), lambda: RunDirectory(folder).rows()):
        with pytest.raises(InputError, match=r"Line 3 of .*episodes\.jsonl"):
            read()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"configuration": null}', '{"configuration": [1]}', "\x00"])
def test_a_damaged_description_is_named(copy, uninterrupted, content):
    folder = copy(uninterrupted[1][0])
    (folder / "run.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"run\.json is damaged"):
        run(folder)


def test_episodes_of_unknown_origin_are_not_taken_over(copy, uninterrupted):
    folder = copy(uninterrupted[1][0])
    (folder / "run.json").unlink()
    with pytest.raises(InputError, match=r"run\.json"):
        run(folder, seed=5)


def test_a_folder_that_cannot_be_one_is_refused(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match="cannot be used"):
            run(out)


WRONG = [
    ({"agents": []}, "nothing to evaluate"),
    ({"envs": []}, "nothing to evaluate"),
    ({"agents": ["random", "random"]}, "'random' is given twice"),
    ({"agents": ["random", scripted.random(seed=1)]}, "'random' is given twice"),
    ({"envs": [ENVS[0], ENVS[0]]}, "is given twice"),
    ({"envs": "ProactiveOclusion-v0"}, "There is no environment"),
    ({"agents": "oracel"}, "did you mean 'oracle'"),
    ({"episodes": 0}, "episodes is 0"),
    ({"num_envs": 0}, "num_envs is 0"),
    ({"seed": -3}, "seed is -3"),
    ({"split": "tset"}, "did you mean 'test'"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG, ids=[message for _, message in WRONG])
def test_wrong_arguments_leave_no_folder_behind(tmp_path, arguments, message):
    with pytest.raises(InputError) as error:
        evaluate(**{"agents": "random", "envs": ENVS, "episodes": 2, "out": tmp_path / "run", **arguments})
    assert message in str(error.value)
    assert not (tmp_path / "run").exists()


def test_all_means_the_seven_scenarios():
    evaluation = evaluate("never-ask", "all", episodes=1, image_size=64)
    assert [cell.env for cell in evaluation.table] == list(SCENARIO_IDS) and len(SCENARIO_IDS) == 7


# --- Statistics -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hits", "number", "low", "high"),
    [
        (0, 10, 0.0, 0.27753),
        (10, 10, 0.72247, 1.0),
        (8, 10, 0.49016, 0.94331),
        (1, 2, 0.09453, 0.90547),
        (50, 100, 0.40383, 0.59617),
        (1, 1000, 0.000177, 0.005642),
    ],
)
def test_shares_have_wilsons_interval(hits, number, low, high):
    """Against published values."""
    estimate = share([True] * hits + [False] * (number - hits))
    assert estimate == pytest.approx((hits / number, low, high), abs=6e-5)
    assert 0.0 <= estimate.low <= estimate.value <= estimate.high <= 1.0


def test_averages_have_a_bootstrap_interval():
    sample = [0.0, 1.0] * 50
    estimate = average(sample)
    assert estimate.value == 0.5
    assert estimate.low == pytest.approx(0.402, abs=0.015) and estimate.high == pytest.approx(0.598, abs=0.015)
    assert average(sample) == estimate
    assert average([3, 3, 3]) == pytest.approx((3.0, 3.0, 3.0))
    assert average([2.5]) == pytest.approx((2.5, 2.5, 2.5))
    wide, narrow = average([0, 1, 2, 3]), average([0, 1, 2, 3] * 100)
    assert wide.high - wide.low > 5 * (narrow.high - narrow.low) > 0


def test_bootstrap_intervals_cover_the_truth():
    random = np.random.RandomState(0)
    estimates = [average(random.exponential(size=60).tolist()) for _ in range(200)]
    covered = sum(estimate.low <= 1.0 <= estimate.high for estimate in estimates)
    assert 170 <= covered <= 199


def test_of_nothing_nothing_is_known():
    assert all(math.isnan(figure) for figure in (*share([]), *average([])))


# --- Measures ---------------------------------------------------------------------------------------------------------


NUMBERS = count()


def row(agent="a", env="E1", outcome="correct", replies=1, requests=0, paid=0.0, episode=None):
    episode = f"toy/{next(NUMBERS)}" if episode is None else episode
    outcomes = ["requested"] * (replies - 1) + [outcome]
    return {
        "agent": agent,
        "env": env,
        "episode": episode,
        "outcome": outcome,
        "outcomes": outcomes,
        "replies": [0] * replies,
        "options": ["A."],
        "kinds": ["answer"],
        "offered": ["1"] * replies,
        "pictures": [*range(replies)],
        "choices": [0] * replies,
        "confidences": None,
        "verdicts": None,
        "requests": requests,
        "requests_needed": None,
        "sufficiency": None,
        "scenario": "toy",
        "question": "What is it?",
        "answer": 0,
        "return": paid,
        "error": None,
        "unjudged": None,
        "seed": 0,
        "wording": "own",
    }


ROWS = [
    row(outcome="correct", replies=3, requests=2, paid=1.0),
    row(outcome="correct", paid=1.0),
    row(outcome="wrong", replies=2, requests=1),
    row(outcome="abstained"),
    row(outcome="unreadable", replies=2, requests=1, paid=-1.0),
    row(outcome="useless_request", replies=1, requests=1),
    row(outcome="exhausted", replies=4, requests=4),
    row(outcome="requested", replies=1, requests=1, paid=0.5),
]


def test_measures_are_what_they_are_called():
    (cell,) = cells(ROWS)
    assert (cell.agent, cell.env, cell.episodes) == ("a", "E1", 8)
    values = {name: estimate.value for name, estimate in cell.measures.items()}
    assert set(values) == {*MEASURES, *FURTHER}
    of_free_words = {"suggested", "answered", "either"}  # there were menus
    assert all(math.isnan(values.pop(name)) for name in of_free_words)
    values = {name: figure for name, figure in values.items() if name not in FURTHER}  # see test_measures.py
    assert values == {
        "accuracy": 2 / 8,
        "suggestions": (2 + 0 + 1 + 0 + 1 + 0 + 3 + 0) / 8,
        "requests": (2 + 0 + 1 + 0 + 1 + 1 + 4 + 1) / 8,
        "abstained": 1 / 8,
        "wrong": 1 / 8,
        "unreadable": 1 / 8,
        "useless_request": 1 / 8,
        "exhausted": 1 / 8,
        "return": 1.5 / 8,
    }
    assert all(each.low <= each.value <= each.high for name, each in cell.measures.items() if name in values)


def test_cells_are_per_agent_and_environment_in_order():
    rows = [row(agent, env) for agent in ("b", "a") for env in ("E2", "E1") for _ in range(3)]
    assert [(cell.agent, cell.env, cell.episodes) for cell in cells(rows)] == [
        ("b", "E2", 3),
        ("b", "E1", 3),
        ("a", "E2", 3),
        ("a", "E1", 3),
    ]
    assert cells([]) == []


def test_means_weigh_environments_alike():
    rows = [row(env="E1")] * 9 + [row(env="E1", outcome="wrong")] + [row(env="E2", outcome="wrong")] * 2
    (mean,) = means(cells(rows))
    accuracy = mean.measures["accuracy"]
    assert (mean.agent, mean.env, mean.episodes) == ("a", "mean", 12)
    assert accuracy.value == pytest.approx(0.45)
    one, other = (cell.measures["accuracy"] for cell in cells(rows))
    below = math.hypot(one.value - one.low, other.value - other.low) / 2
    above = math.hypot(one.high - one.value, other.high - other.value) / 2
    assert (accuracy.low, accuracy.high) == pytest.approx((0.45 - below, 0.45 + above))


def test_the_mean_over_one_environment_is_its_own_figure():
    (cell,), (mean,) = cells(ROWS), means(cells(ROWS))
    for name, estimate in cell.measures.items():
        assert mean.measures[name] == pytest.approx(tuple(estimate), nan_ok=True)


# --- Comparisons ------------------------------------------------------------------------------------------------------


def test_twins_are_of_one_family_and_widen_the_interval():
    assert family("scenes/sketch/test/3/unhelpful") == family("scenes/sketch/test/3") == "scenes/sketch/test/3"
    assert family("proactivebench/sketch/all/3") != family("proactivebench/sketch/all/4")
    hits = [number % 2 == 0 for number in range(60) for _ in range(3)]
    alone, together = share(hits), share(hits, [str(number) for number in range(60) for _ in range(3)])
    assert alone.value == together.value
    assert together.high - together.low > 1.5 * (alone.high - alone.low)


def test_agents_are_compared_on_the_episodes_that_both_played():
    episodes = [f"toy/{number}" for number in range(40)]
    rows = [row("a", outcome="correct", episode=name) for name in episodes]
    rows += [
        row("b", outcome="correct" if place < 25 else "wrong", episode=name) for place, name in enumerate(episodes)
    ]
    rows += [row("b", outcome="wrong", episode="toy/99"), row("c", env="E2")]
    rows.append({**row("a", episode="toy/99"), "error": "PictureError: gone"})
    found = {comparison.measure: comparison for comparison in comparisons(rows)}
    accuracy = found["accuracy"]
    assert (accuracy.agent, accuracy.other, accuracy.episodes) == ("a", "b", 40)
    assert accuracy.difference.value == pytest.approx(15 / 40)
    assert 0.2 < accuracy.difference.low < 15 / 40 < accuracy.difference.high < 0.55
    assert accuracy.p == pytest.approx(2 / 2**15)  # McNemar, exactly
    assert found["requests"].difference == (0.0, 0.0, 0.0) and found["requests"].p == 1.0
    assert set(found) == {"accuracy", "requests", "return"}


def test_chance_alone_is_seldom_taken_for_a_difference():
    random = np.random.default_rng(1)
    names = [str(number) for number in range(30)]
    found = [chance(random.normal(size=30), names) for _ in range(60)]
    assert 0 <= sum(p < 0.05 for p in found) <= 8 and min(found) > 0
    assert chance(random.normal(2.0, size=30), names) < 0.001


# --- Reports ----------------------------------------------------------------------------------------------------------


def test_the_summary_has_a_row_per_cell_and_the_columns_of_the_contract(tmp_path):
    write_csv(cells([*ROWS, row('b,"c"', "E2")]), tmp_path / "summary.csv")
    with (tmp_path / "summary.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    first = ["agent", "env", "episodes", "accuracy", "accuracy_low", "accuracy_high"]
    assert list(rows[0])[:6] == first
    assert {"suggestions", "requests", "abstained", "wrong", "unreadable"} <= set(rows[0])
    assert [(row["agent"], row["env"], row["episodes"]) for row in rows] == [("a", "E1", "8"), ('b,"c"', "E2", "1")]
    assert rows[0]["accuracy"] == "0.25" and rows[1]["accuracy"] == "1"
    for found in rows:
        assert all(0.0 <= float(found[f"accuracy{bound}"]) <= 1.0 for bound in ("", "_low", "_high"))


class Page(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}",
    "</td></table><b>",
    "\u202egpj",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_the_page_is_safe_whatever_agents_are_called_and_say(tmp_path, name):
    rows = [{**row(name, name), "replies": [name], "options": [name], "question": name}]
    write_page(Evaluation(rows, None), tmp_path / "report.html", title=name)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "iframe", "object", "embed", "link", "form", "img"}
    assert not [attribute for _, attributes in page.tags for attribute in attributes if attribute.startswith("on")]
    assert page.text.count(name) >= 3  # title, heading and table
    assert "default-src 'none'" in text


def test_the_page_needs_no_network_and_names_the_art(tmp_path):
    sheet = tmp_path / "sheet.png"
    sheet.write_bytes(b"\x89PNG not really")
    write_page(Evaluation(ROWS, None), tmp_path / "report.html", "Run", sheet)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert "OpenMoji" in page.text and "CC BY-SA 4.0" in page.text
    assert "8 episodes" in page.text
    sources = [attributes["src"] for tag, attributes in page.tags if tag == "img"]
    assert len(sources) == 1 and sources[0].startswith("data:image/png;base64,")
    assert "script" not in {tag for tag, _ in page.tags} and "javascript:" not in text
    assert not [attributes for tag, attributes in page.tags if tag in ("script", "link") or "srcset" in attributes]


def test_the_page_shows_each_figure_with_its_interval(tmp_path):
    write_page(Evaluation(ROWS, None), tmp_path / "report.html", "Run")
    text = Page((tmp_path / "report.html").read_text(encoding="utf-8")).text
    accuracy = share([True] * 2 + [False] * 6)
    assert f"25 ±{50 * (accuracy.high - accuracy.low):.0f}" in text


# --- Filtering --------------------------------------------------------------------------------------------------------


def test_episodes_that_many_answer_at_first_sight_are_dropped(tmp_path):
    rows = []
    for place in range(8):
        for episode in range(10):
            sees = episode < 3 and place < 2  # two of eight agents see through the first three
            later = episode == 9  # asked first, so not at first sight
            rows.append(
                row(
                    f"agent {place}",
                    outcome="correct" if sees or later else "wrong",
                    replies=1 + later,
                    episode=f"t/{episode}",
                )
            )
    (found,) = filtered(rows)
    assert found.needed == 2 and found.dropped == ["t/0", "t/1", "t/2"] and len(found.kept) == 7
    assert found.before == pytest.approx(6 / 80) and found.after == 0.0
    (strict,) = filtered(rows, share=0.5)
    assert strict.dropped == [] and strict.before == strict.after
    write_names([found], tmp_path / "kept.tsv")
    assert read_names(tmp_path / "kept.tsv") == {"E1": [f"t/{number}" for number in range(3, 10)]}


def test_the_rule_finds_what_the_paper_says():
    rows = [row(f"agent {place}", outcome="wrong", episode="t/0") for place in range(22)]
    (found,) = filtered(rows)
    assert found.needed == 6 and found.recall == pytest.approx(0.928, abs=0.0005)
    assert found.false_alarms == pytest.approx(0.48, abs=0.01)


def test_only_the_kept_episodes_are_played(tmp_path):
    names = [f"scenes/sketch/test/{number}" for number in (5, 2)]
    (tmp_path / "kept.tsv").write_text("".join(f"ProactiveSketch-v0\t{name}\n" for name in names))
    arguments = {"only": tmp_path / "kept.tsv", "image_size": 64}
    played = evaluate("never-ask", "ProactiveSketch-v0", **arguments)
    assert [row["episode"] for row in played.rows] == names
    with pytest.raises(InputError, match="names no episode of ProactiveFraming-v0"):
        evaluate("never-ask", "ProactiveFraming-v0", **arguments)
    with pytest.raises(InputError, match="already says which are played"):
        evaluate("never-ask", "ProactiveSketch-v0", episodes=3, **arguments)


@pytest.mark.parametrize("text", ["", "ProactiveSketch-v0\n", "a\tb\na\tb\n", "\tb\n"])
def test_a_list_of_names_that_is_none_is_refused(tmp_path, text):
    (tmp_path / "kept.tsv").write_text(text)
    with pytest.raises(InputError, match=r"kept\.tsv"):
        read_names(tmp_path / "kept.tsv")
    for share_, rows in (
        (0, [row()]),
        (1.5, [row()]),
        (0.25, []),
        (0.25, [row("a", episode="1"), row("b", episode="2")]),
    ):
        with pytest.raises(InputError):
            filtered(rows, share_)
