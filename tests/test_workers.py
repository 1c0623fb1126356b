"""Evaluations shared out among processes: equal to the byte, whoever dies."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from proactive_gym import evaluation
from proactive_gym.agents import Failure, ModelOptions, scripted
from proactive_gym.cli import main
from proactive_gym.envs.arguments import Arguments
from proactive_gym.errors import InputError
from proactive_gym.evaluation import Workers, evaluate
from proactive_gym.evaluation.company import Job
from proactive_gym.evaluation.workers.messages import Ended, Played, Share, Stop, Wish
from proactive_gym.evaluation.workers.shares import Shares
from proactive_gym.evaluation.workers.worker import work
from proactive_gym.rollout import AgentError, make_desk
from proactive_gym.sources import ProactiveBenchSource
from proactive_gym.wording import Wording

ROOT = Path(__file__).resolve().parents[1]
ENVS = ["ProactiveOcclusion-v0", "ProactiveSketch-v0"]
PLAN = {"envs": ENVS, "episodes": 40, "num_envs": 4, "image_size": 32}

OFFICIAL = {
    "source": "proactivebench",
    "data_dir": str(Path(__file__).parent / "parity"),
    "split": "all",
    "wording": "own",
    "reply": "text",
}
TWO_SEEDS = {**PLAN, "episodes": 10}


class Slow:
    """Takes its time, and notes which process it is in."""

    name = "slow"

    def __init__(self, folder):
        self.folder = str(folder)

    def act(self, turns):
        Path(self.folder, f"{os.getpid()}.pid").touch()
        time.sleep(0.02)
        return scripted.random().act(turns)


class Uneven(Slow):
    """Ten times slower in the first process than in any other; notes when it was asked."""

    def act(self, turns):
        with Path(self.folder, "first").open("a+") as file:
            file.seek(0)
            is_slow = (file.read() or (file.write(str(os.getpid())) and str(os.getpid()))) == str(os.getpid())
        time.sleep(0.1 if is_slow else 0.01)
        with Path(self.folder, f"{os.getpid()}.acts").open("a") as file:
            print(time.monotonic(), file=file)
        return scripted.random().act(turns)


class Shaky:
    """Its server fails it on some turns, and it says so."""

    name = "shaky"

    def act(self, turns):
        random = scripted.random().act(turns)
        is_bad = [sum(map(ord, turn.episode)) % 5 == 0 for turn in turns]
        return [Failure("ServerError: busy") if bad else reply for bad, reply in zip(is_bad, random, strict=True)]


class Listening:
    """Says again what was said to it."""

    name = "listening"

    def act(self, turns):
        return [turn.dialogue for turn in turns]


class Raising:
    """Does as others do, until it meets one episode."""

    name = "raising"

    def __init__(self, episode):
        self.episode = episode

    def act(self, turns):
        if any(turn.episode == self.episode for turn in turns):
            raise ZeroDivisionError("nothing left")
        return scripted.random().act(turns)


class Deadly(Raising):
    """Takes its process along at one episode, as a lack of memory would."""

    name = "deadly"

    def act(self, turns):
        if any(turn.episode == self.episode for turn in turns):
            os.kill(os.getpid(), signal.SIGKILL)
        return scripted.random().act(turns)


class Stuck:
    """Holds what no other process can have."""

    name = "stuck"

    def __init__(self):
        self.reply = lambda turn: 0

    def act(self, turns):
        return [self.reply(turn) for turn in turns]


def episodes(folder: Path) -> bytes:
    return (folder / "episodes.jsonl").read_bytes()


def pids(folder: Path) -> list[int]:
    return [int(file.stem) for file in folder.glob("*.pid")]


def an_episode(number: int) -> str:
    """An episode in the middle of the plan."""
    rows = evaluate("random", **PLAN).rows
    return rows[number]["episode"]


def test_two_workers_come_to_what_one_process_comes_to(tmp_path):
    agents = ["random", "oracle"]
    alone = evaluate(agents, out=tmp_path / "alone", seed=[0, 1], **TWO_SEEDS)
    shared = evaluate(agents, out=tmp_path / "shared", seed=[0, 1], workers=2, **TWO_SEEDS)
    assert episodes(tmp_path / "shared") == episodes(tmp_path / "alone")
    assert (tmp_path / "shared" / "run.json").read_bytes() == (tmp_path / "alone" / "run.json").read_bytes()
    assert shared.rows == alone.rows and len(shared.rows) == 80
    times = [json.loads(line) for line in (tmp_path / "shared" / "timing.jsonl").read_text().splitlines()]
    assert sum(told["episodes"] for told in times) == 80 and {told["workers"] for told in times} == {2}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_worker_costs_nothing_and_counts_nothing_twice(tmp_path, workers):
    """Every worker that is there at first is killed; others take their place."""
    killed: list[int] = []

    def kill(told):
        for pid in pids(tmp_path):
            if told.row and pid not in killed and len(killed) < workers:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

    shared = evaluate(Slow(tmp_path), out=tmp_path / "shared", workers=workers, watch=kill, **PLAN)
    assert len(killed) == workers and set(pids(tmp_path)) > set(killed)
    alone = evaluate(Slow(tmp_path), out=tmp_path / "alone", **PLAN)
    assert episodes(tmp_path / "shared") == episodes(tmp_path / "alone")
    assert len(shared.rows) == len({(row["env"], row["episode"]) for row in shared.rows}) == 80 == len(alone.rows)


@pytest.mark.slow
def test_neither_worker_idles_while_the_other_has_work(tmp_path):
    """One of the two is ten times slower; it gets less, and they finish together."""
    evaluate(Uneven(tmp_path), workers=2, **{**PLAN, "envs": ENVS[:1], "episodes": 150})
    first, second = [[float(word) for word in file.read_text().split()] for file in tmp_path.glob("*.acts")]
    slow, quick = sorted((first, second), key=len)
    assert len(quick) > 2 * len(slow) > 4
    assert sum(when > quick[-1] for when in slow) <= 8, "what an episode takes that was begun before"


def test_workers_say_the_coordinators_sentences(monkeypatch):
    """Even where "own" or "official" would mean something else to them."""
    words = Wording("local", hints={"sketch": "Say when to draw more."})
    monkeypatch.setattr(Arguments, "chosen_wording", lambda self, source: words)  # in this process alone
    rows = evaluate(Listening(), ENVS[1], 4, workers=1, image_size=32, hint=True, reply="text").rows
    assert {row["wording"] for row in rows} == {"local"}
    assert all("Say when to draw more." in row["replies"][0] for row in rows)


def test_a_failure_is_a_row_and_is_played_again(tmp_path):
    alone = evaluate(Shaky(), out=tmp_path / "alone", **PLAN)
    shared = evaluate(Shaky(), out=tmp_path / "shared", workers=2, **PLAN)
    assert 0 < len(shared.errors) < 80 and {row["error"] for row in shared.errors} == {"ServerError: busy"}
    assert episodes(tmp_path / "shared") == episodes(tmp_path / "alone") and alone.rows == shared.rows
    again = evaluate(Shaky(), out=tmp_path / "shared", workers=2, **PLAN)
    assert episodes(tmp_path / "shared") == episodes(tmp_path / "alone") and again.rows == alone.rows


def test_an_agent_that_raises_ends_the_run_as_it_does_in_one_process(tmp_path):
    agent = Raising(an_episode(20))
    with pytest.raises(AgentError, match=r"'raising' failed on a batch .*: ZeroDivisionError: nothing left"):
        evaluate(agent, out=tmp_path / "run", workers=2, **PLAN)
    kept = evaluation.run_directory.RunDirectory(tmp_path / "run").rows()
    assert 10 < len(kept) < 80 and agent.episode not in {row["episode"] for row in kept}
    healed = Raising("no episode")
    evaluate(healed, out=tmp_path / "run", workers=2, **PLAN)
    evaluate(healed, out=tmp_path / "alone", **PLAN)
    assert episodes(tmp_path / "run") == episodes(tmp_path / "alone")


@pytest.mark.slow
def test_an_episode_that_kills_every_worker_is_said_and_the_rest_kept(tmp_path):
    agent = Deadly(an_episode(20))
    with pytest.raises(InputError, match=r"3 workers died one after the other while .deadly. played .*signal 9"):
        evaluate(agent, out=tmp_path / "run", workers=1, **PLAN)
    assert 5 < len(evaluation.run_directory.RunDirectory(tmp_path / "run").rows()) < 80


@pytest.mark.slow
def test_a_killed_coordinator_leaves_what_was_finished_and_no_process(tmp_path):
    (tmp_path / "slow_agent.py").write_text(
        f"import sys\nsys.path.append({str(ROOT / 'tests')!r})\nfrom test_workers import Slow\n"
        f"def make():\n    return Slow({str(tmp_path)!r})\n"
    )
    words = ["--agent", "slow_agent:make", "--episodes", "40", "--num-envs", "4", "--image-size", "32"]
    command = [sys.executable, "-m", "proactive_gym.cli", "eval", *words, "--env", ENVS[0], "--env", ENVS[1]]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = [*command, "--num-workers", "2", "--out", "shared"]
    with subprocess.Popen(run, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL) as process:
        file, until = tmp_path / "shared" / "episodes.jsonl", time.monotonic() + 60
        while not (file.exists() and file.stat().st_size):
            assert process.poll() is None and time.monotonic() < until
            time.sleep(0.01)
        process.kill()
    begun = file.read_bytes().count(b"\n")
    assert 0 < begun < 80
    until = time.monotonic() + 20
    while any(Path("/proc", str(pid)).exists() for pid in pids(tmp_path)):
        assert time.monotonic() < until, "workers end once nobody listens"
        time.sleep(0.05)
    evaluate(Slow(tmp_path), out=tmp_path / "alone", **PLAN)
    done = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert episodes(tmp_path / "shared") == episodes(tmp_path / "alone")


@pytest.mark.slow
def test_an_interruption_keeps_what_is_finished(tmp_path):
    def interrupt(told):
        if told.row and len(pids(tmp_path)) == 2:
            signal.setitimer(signal.ITIMER_REAL, 0.05)  # while the coordinator listens

    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            evaluate(Slow(tmp_path), out=tmp_path / "run", workers=2, watch=interrupt, **PLAN)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert not any(Path("/proc", str(pid)).exists() for pid in pids(tmp_path))
    assert 0 < len(evaluation.run_directory.RunDirectory(tmp_path / "run").rows()) < 80
    evaluate(Slow(tmp_path), out=tmp_path / "run", workers=2, **PLAN)
    evaluate(Slow(tmp_path), out=tmp_path / "alone", **PLAN)
    assert episodes(tmp_path / "run") == episodes(tmp_path / "alone")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--num-workers", "0"], "num_workers is 0, but must be a whole number of at least 1"),
        (["--gpus-per-worker", "1"], "--gpus-per-worker is 1, but without --ray"),
        (["--num-workers", "2", "--gpus-per-worker", "1"], "--gpus-per-worker is 1, but without --ray"),
        (["--ray", "--gpus-per-worker", "-1"], "gpus_per_worker is -1.0, but must be a number of at least 0"),
        (["--ray", "--gpus-per-worker", "1.5"], "gpus_per_worker is 1.5, but must be whole"),
        (["--num-workers", "2", "--agent", "nobody"], "agent is 'nobody', but must be one of"),
    ],
)
def test_impossible_workers_are_refused_in_a_sentence(tmp_path, capsys, words, said):
    agent = [] if "--agent" in words else ["--agent", "random"]
    assert main(["eval", *agent, "--env", ENVS[0], "--out", str(tmp_path / "run"), *words]) == 1
    told = capsys.readouterr().err
    assert said in told and told.count("\n") == 1


def test_ray_that_is_not_installed_is_said_with_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"Ray is not installed: pip install 'proactive-gym\[ray\]'"):
        evaluate("random", workers=Workers(2, ray=True), **PLAN)


def test_an_agent_that_cannot_travel_is_refused_in_a_sentence():
    with pytest.raises(InputError, match=r"The agent 'stuck' cannot be handed to workers .*'module.path:Class'"):
        evaluate(Stuck(), workers=2, **PLAN)


@pytest.mark.slow
def test_a_server_that_is_not_there_is_said_before_anything_is_played(tmp_path, monkeypatch, capsys):
    pytest.importorskip("openai")
    words = ["--agent", "random", "--agent", "openai:m", "--base-url", "http://127.0.0.1:9/v1", "--num-workers", "2"]
    assert main(["eval", *words, "--env", ENVS[0], "--episodes", "5", "--out", str(tmp_path / "run")]) == 1
    assert "127.0.0.1:9" in capsys.readouterr().err
    assert not (tmp_path / "run" / "episodes.jsonl").exists()


# --- Who gets what ----------------------------------------------------------------------------------------------------

PLACE = ("random", "ProactiveSketch-v0")


def test_shares_shrink_and_leave_something_for_everyone():
    shares = Shares({PLACE: {str(number): 0 for number in range(100)}}, workers=4, most=32)
    first = shares.first(0)
    sizes = [len(first.episodes)]
    while more := shares.more(0).episodes:
        sizes.append(len(more))
    assert sizes == sorted(sizes, reverse=True) and sizes[0] > 1 and sum(sizes) == 25, "a quarter, and no more"
    others = [shares.first(worker) for worker in (1, 2, 3)]
    assert all(share.episodes for share in others) and shares.are_left()


def test_every_episode_is_handed_out_once_and_what_is_given_back_comes_first():
    shares = Shares({PLACE: {str(number): 0 for number in range(10)}}, workers=2, most=2)
    first, second = shares.first(0), shares.first(1)
    shares.finish(0, [first.episodes[0][0]])
    lost = shares.end(0)
    assert lost is not None and lost.episodes == first.episodes[1:]
    shares.give_back(lost)
    seen = [first.episodes[0][0], *(name for name, _ in second.episodes)]
    again = shares.first(2)
    assert again.episodes[: len(lost.episodes)] == lost.episodes
    while shares.are_left():
        seen += [name for name, _ in again.episodes]
        shares.finish(2, [name for name, _ in again.episodes])
        shares.end(2)
        again = shares.first(2)
    seen += [name for name, _ in again.episodes]
    assert sorted(seen, key=int) == [str(number) for number in range(10)]


class Coordinating:
    """A coordinator's end of the line, which has nothing more than one share to give."""

    def __init__(self, share):
        self.orders, self.heard = [share], []

    def send(self, report):
        self.heard.append(report)
        if isinstance(report, Wish):
            self.orders.append(Share(PLACE, ()))
        elif isinstance(report, Ended):
            self.orders.append(Stop())

    def receive(self):
        return self.orders.pop(0)

    def is_waiting(self):
        return bool(self.orders)


def test_a_worker_fetches_the_pictures_of_its_share_early_but_leaves_the_last_to_others(monkeypatch):
    """It reports all the same what is finished before its agent is asked again."""
    desk = make_desk("ProactiveSketch-v0", OFFICIAL)
    names = [desk.source.episode_name(desk.scenarios, index, desk.setting) for index in range(6)]
    line = Coordinating(Share(("never-ask", "ProactiveSketch-v0"), tuple((name, 0) for name in names)))
    early, reported = [], []

    def expect(_, pictures):
        early.append(len(pictures))
        reported.append(sum(len(report.rows) for report in line.heard if isinstance(report, Played)))

    monkeypatch.setattr(ProactiveBenchSource, "expect", expect)
    job = Job(("never-ask",), ("ProactiveSketch-v0",), OFFICIAL, ModelOptions(), None, 0, 1)
    work(pickle.dumps(job), line)
    assert early == [4, 3, 2, 1, 0, 0] and reported == [0, 1, 2, 3, 4, 5]
    played = [row["episode"] for report in line.heard if isinstance(report, Played) for row in report.rows]
    assert played == names and isinstance(line.heard[-1], Ended)


# --- Slow -------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_model_says_the_same_in_any_number_of_processes(tmp_path):
    """But for the last digit of its confidences, which depends on what else is in the batch."""
    plan = {**PLAN, "image_size": 64}
    alone = evaluate("tiny-rl", out=tmp_path / "alone", **plan).rows
    shared = evaluate("tiny-rl", out=tmp_path / "shared", workers=2, **plan).rows
    confidences = [
        [share for row in rows for turn in row.pop("confidences") for share in turn] for rows in (alone, shared)
    ]
    assert shared == alone
    assert confidences[0] == pytest.approx(confidences[1], abs=5e-6)


@pytest.mark.slow
@pytest.mark.ray
def test_a_ray_cluster_whose_worker_is_killed_comes_to_the_same(tmp_path):
    ray = pytest.importorskip("ray")
    killed: list[int] = []

    def kill(told):
        for pid in pids(tmp_path):
            if told.row and pid not in killed and len(killed) < 2:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

    agent = Slow(tmp_path)
    try:
        with pytest.raises(InputError, match="2 workers with 1 GPUs each need 2, but the Ray cluster has 0"):
            evaluate(agent, workers=Workers(2, ray=True, gpus=1), **PLAN)
        evaluate(agent, out=tmp_path / "shared", workers=Workers(2, ray=True), watch=kill, **PLAN)
    finally:
        ray.shutdown()
    assert len(killed) == 2 and set(pids(tmp_path)) > set(killed), "others took their place"
    evaluate(agent, out=tmp_path / "alone", **PLAN)
    assert episodes(tmp_path / "shared") == episodes(tmp_path / "alone")
