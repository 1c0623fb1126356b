"""Runs survive whatever stops them: kills, signals, a full disk."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
EPISODES = 400
RUN = [
    "--env",
    "ProactiveOcclusion-v0",
    "--env",
    "ProactiveSketch-v0",
    "--episodes",
    str(EPISODES),
    "--image-size",
    "32",
]

SLOW = """
import time

from proactive_gym.agents import scripted


class Slow:
    name = "slow"

    def act(self, turns):
        time.sleep(0.02)
        return scripted.random().act(turns)
"""


@pytest.fixture
def place(tmp_path):
    (tmp_path / "slow_agent.py").write_text(SLOW)
    return tmp_path


def start(place: Path, out: str, *more: str, before: str = "") -> subprocess.Popen:
    code = f"{before}\nimport sys\nfrom proactive_gym.cli import main\nsys.exit(main())"
    words = ["eval", "--agent", "slow_agent:Slow", "--num-envs", "4", *RUN, "--out", out, *more]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-c", code, *words],
        cwd=place,
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def lines(place: Path, out: str) -> int:
    file = place / out / "episodes.jsonl"
    return file.read_bytes().count(b"\n") if file.exists() else 0


def wait_for_lines(place: Path, out: str, number: int, process: subprocess.Popen) -> None:
    until = time.monotonic() + 60
    while lines(place, out) < number and process.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_run_with_a_sentence_and_nothing_torn(place, sign):
    process = start(place, "run")
    wait_for_lines(place, "run", 5, process)
    process.send_signal(sign)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted; the same command goes on where it stopped" in err and "Traceback" not in err + out
    content = (place / "run" / "episodes.jsonl").read_bytes()
    assert content.endswith(b"\n") and content.count(b"\n") < 2 * EPISODES


def test_a_full_disk_is_said_and_loses_nothing(place):
    limit = textwrap.dedent("""
        import resource, signal
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
    """)
    process = start(place, "run", before=limit)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1 and "Traceback" not in err
    assert "episodes.jsonl cannot be written: File too large. What is finished is kept" in err
    content = (place / "run" / "episodes.jsonl").read_bytes()
    assert content.endswith(b"\n") and 15_000 < len(content) <= 20_000


@pytest.mark.slow
def test_a_hundred_kills_change_nothing(place):
    """The run is killed at random moments until it gets through; the result is that of a run left alone."""
    whole = start(place, "whole")
    assert whole.wait(timeout=300) == 0
    draw = random.Random(0)
    kills = 0
    while kills < 100:
        process = start(place, "killed")
        have = lines(place, "killed")
        if have < 2 * EPISODES:
            wait_for_lines(place, "killed", have + draw.choice((0, 1, 3, 6)), process)
            time.sleep(draw.random() * 0.02)
        else:  # all played: kill it while it sorts and reports
            time.sleep(draw.random() * 3)
        process.kill()
        process.wait()
        kills += 1
    assert start(place, "killed").wait(timeout=300) == 0
    for name in ("episodes.jsonl", "summary.csv"):
        assert (place / "killed" / name).read_bytes() == (place / "whole" / name).read_bytes()
