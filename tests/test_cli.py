"""The command line: what it leaves behind, what it says, and how it ends."""

from __future__ import annotations

import ast
import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from proactive_gym import ENVIRONMENTS, __version__
from proactive_gym.agents.presets import presets
from proactive_gym.cli import main
from proactive_gym.cli_options import SETTING
from proactive_gym.evaluation import SCENARIO_IDS

ENV = "ProactiveOcclusion-v0"
RUN = ["--env", ENV, "--episodes", "3", "--image-size", "64"]
TABLES = {"summary.csv", "comparisons.csv", "endings.csv"}
FILES = {"run.json", "episodes.jsonl", "timing.jsonl", "plots", "report.html"} | TABLES

OWN = """
class Own:
    name = "own"
    def act(self, turns):
        return [turn.on_offer()[-1] for turn in turns]

class Raising(Own):
    name = "raising"
    def act(self, turns):
        raise RuntimeError("CUDA error: out of memory\\nsee the manual\\n\\nand weep")

class Interrupted(Own):
    name = "interrupted"
    def act(self, turns):
        raise KeyboardInterrupt

class Markup(Own):
    name = "[/red]own[bold]"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to be in, with a module of one's own."""
    (tmp_path / "cli_agents.py").write_text(OWN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    yield tmp_path
    sys.modules.pop("cli_agents", None)


def shell(*arguments, cwd=None):
    """The command as it is typed, its output going to a log."""
    command = [sys.executable, "-m", "proactive_gym.cli", *map(str, arguments)]
    variables = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    return subprocess.run(command, cwd=cwd, env=variables, capture_output=True, text=True, timeout=120)


def evaluated(out: Path, *agents: str, more: tuple[str, ...] = ()) -> int:
    chosen = [word for agent in agents for word in ("--agent", agent)]
    return main(["eval", *chosen, *RUN, "--out", str(out), *more])


# --- settings ---------------------------------------------------------------------------------------------------------


def test_what_cannot_be_tested_without_its_package_takes_every_setting_too(project_root):
    """The adapter for verifiers lists the settings, and is tested with the package by `make adapters` only."""
    module = ast.parse((project_root / "proactive_gym" / "adapters" / "verifiers.py").read_text(encoding="utf-8"))
    (config,) = (node for node in module.body if isinstance(node, ast.ClassDef) and node.name == "EpisodesConfig")
    fields = {node.target.id for node in config.body if isinstance(node, ast.AnnAssign)}
    assert set(SETTING) - {"reply"} <= fields


# --- demo -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demonstrated(tmp_path_factory):
    """What ``demo`` leaves behind in an empty folder."""
    folder = tmp_path_factory.mktemp("demo")
    return folder / "runs" / "demo", shell("demo", "--episodes", 3, cwd=folder)


def test_the_demo_plays_everything_and_leaves_its_files(demonstrated):
    folder, done = demonstrated
    assert (done.returncode, done.stderr) == (0, "")
    assert {file.name for file in folder.iterdir()} == FILES | {"contact_sheet.png"}
    with (folder / "summary.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    agents = ["oracle", "always-ask", "random", "never-ask", "abstain", "tiny", "tiny-rl"]
    assert [(row["agent"], row["env"]) for row in rows] == [(agent, env) for agent in agents for env in SCENARIO_IDS]
    assert {row["episodes"] for row in rows} == {"3"}
    assert {row["accuracy"] for row in rows if row["agent"] == "oracle"} == {"1"}
    assert {row["abstained"] for row in rows if row["agent"] == "abstain"} == {"1"}
    for word in ("report.html", "contact_sheet.png"):
        assert word in done.stdout


def test_the_table_of_the_demo_can_be_read_in_a_log(demonstrated):
    """All words whole, and a line for each row."""
    said = demonstrated[1].stdout
    for word in ("environment", "accuracy", "suggestions", "abstained", "VideoOcclusion", "always-ask", "never-ask"):
        assert word in said
    first, second = said.split("When it asked")
    assert sum("oracle" in line for line in first.splitlines()) == 7 + 1  # and the mean
    assert sum("±" in line for line in first.splitlines()) == 7 * (7 + 1) + 1  # and the caption
    for word in ("precision", "recall", "hesitated", "regret"):
        assert word in second


def test_the_contact_sheet_shows_an_episode_of_each_scenario(demonstrated):
    with Image.open(demonstrated[0] / "contact_sheet.png") as sheet:
        sheet.load()
        assert sheet.format == "PNG" and sheet.mode == "RGB"
        assert sheet.height > 7 * 224 and sheet.width > 3 * 224
        assert len(sheet.resize((200, 200)).getcolors(200 * 200)) > 500


def test_the_page_of_the_demo_holds_the_sheet_and_the_licence(demonstrated):
    text = (demonstrated[0] / "report.html").read_text(encoding="utf-8")
    assert "data:image/png;base64," in text and "CC BY-SA 4.0" in text and text.count("<script") == 2


# --- list, help -------------------------------------------------------------------------------------------------------


def test_the_list_names_all_there_is(capsys):
    assert main(["list"]) == 0
    words = capsys.readouterr().out.split()
    scripted = {"oracle", "random", "always-ask", "never-ask", "abstain"}
    assert {*ENVIRONMENTS, "scenes", *scripted, "tiny", "tiny-rl"} <= set(words)
    assert {"hf:qwen2.5-vl-3b", "Qwen/Qwen2.5-VL-3B-Instruct"} <= set(words)
    assert {f"hf:{name}" for name in presets()} <= set(words)


def test_the_version_is_the_packages(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0 and capsys.readouterr().out == f"proactive-gym {__version__}\n"


@pytest.mark.parametrize(
    "command", [[], ["demo"], ["list"], ["eval"], ["report"], ["data"], ["data", "check"]], ids=str
)
def test_every_command_has_help(capsys, command):
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    assert ended.value.code == 0 and "usage: proactive-gym" in capsys.readouterr().out


def test_help_brings_in_nothing_heavy():
    script = "import sys; from proactive_gym.cli import main; main(['list'])"
    script += "; assert not {'torch', 'transformers', 'matplotlib', 'stable_baselines3'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)


# --- eval -------------------------------------------------------------------------------------------------------------


def test_an_agent_of_ones_own_is_evaluated_from_its_folder(folder):
    done = shell("eval", "--agent", "cli_agents:Own", "--agent", "random", *RUN, "--out", "runs/mine", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert {file.name for file in (folder / "runs" / "mine").iterdir()} == FILES
    assert "own" in done.stdout and "random" in done.stdout and "summary.csv" in done.stdout


def test_the_same_command_again_says_the_same(folder, capsys):
    assert evaluated(folder / "run", "random", "oracle") == 0
    first, content = capsys.readouterr(), (folder / "run" / "episodes.jsonl").read_bytes()
    (folder / "run" / "episodes.jsonl").write_bytes(content[: len(content) // 2])
    for _ in range(2):
        assert evaluated(folder / "run", "random", "oracle") == 0
        assert capsys.readouterr() == first
        assert (folder / "run" / "episodes.jsonl").read_bytes() == content


def test_the_setting_reaches_the_environments(folder):
    more = ("--hint", "--menu-order", "benchmark", "--budget", "0", "--control", "unhelpful", "--split", "train")
    assert evaluated(folder / "run", "always-ask", more=more) == 0
    text = (folder / "run" / "episodes.jsonl").read_text(encoding="utf-8")
    assert text.count('"outcome":"exhausted"') == 3 and text.count("/train/") == 3 and text.count("/unhelpful") == 3


def test_several_environments_have_a_mean(folder, capsys):
    words = ["--env", ENV, "--env", "ProactiveSketch-v0", "--episodes", "2", "--image-size", "64"]
    assert main(["eval", "--agent", "never-ask", *words, "--out", "run"]) == 0
    said = capsys.readouterr().out
    assert "Occlusion" in said and "Sketch" in said and "mean" in said


def test_names_in_brackets_are_shown_as_they_are(folder, capsys):
    """Square brackets are markup to the library that prints the tables."""
    assert evaluated(folder / "run[bold]x", "cli_agents:Markup") == 0
    said = capsys.readouterr().out
    assert "[/red]own[bold]" in said and "run[bold]x" in said


@pytest.mark.parametrize("columns", ["", "wide"])
def test_odd_widths_are_no_matter(folder, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    assert evaluated(folder / "run", "never-ask") == 0


def test_an_interruption_has_its_own_status(folder, capsys):
    assert evaluated(folder / "run", "cli_agents:Interrupted") == 130
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "goes on where it stopped" in said


def test_an_interruption_of_what_keeps_nothing_says_so(monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("proactive_gym.sources.installing.install", interrupted)
    assert main(["data", "install", "photos"]) == 130
    assert "the same command begins anew" in capsys.readouterr().err


WRONG = {
    "unknown agent": (["--agent", "rnadom", *RUN], "did you mean 'random'"),
    "no such class": (["--agent", "cli_agents:Nope", *RUN], "Nope"),
    "no such module": (["--agent", "no_such_module:X", *RUN], "no_such_module"),
    "an agent twice": (["--agent", "random", "--agent", "random", *RUN], "given twice"),
    "an environment twice": (["--agent", "random", "--env", "all", *RUN], "given twice"),
    "unknown environment": (["--agent", "random", "--env", "ProactiveOclusion-v0"], "There is no environment"),
    "another's environment": (["--agent", "random", "--env", "CartPole-v1"], "no ProactiveEnv"),
    "unknown split": (["--agent", "random", *RUN, "--split", "tset"], "did you mean 'test'"),
    "no episodes": (["--agent", "random", "--episodes", "0"], "episodes is 0"),
    "fewer than none": (["--agent", "random", "--episodes", "-5"], "episodes is -5"),
    "no lanes": (["--agent", "random", *RUN, "--num-envs", "0"], "num_envs is 0"),
    "seed below zero": (["--agent", "random", *RUN, "--seed", "-1"], "seed is -1"),
    "tiny pictures": (["--agent", "random", "--image-size", "3"], "image_size is 3"),
    "unknown reply": (["--agent", "random", *RUN, "--reply", "voice"], "reply is 'voice'"),
    "budget below zero": (["--agent", "random", *RUN, "--budget", "-1"], "budget is -1"),
    "contradiction": (["--agent", "random", *RUN, "--clear", "--control", "mixed"], "clear=True"),
    "no menu": (["--agent", "random", *RUN, "--reply", "open"], "chooses from a menu"),
    "an agent that fails": (["--agent", "cli_agents:Raising", *RUN], "out of memory"),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG)
def test_what_can_be_mended_is_said_in_one_line(folder, capsys, arguments, message):
    assert main(["eval", *arguments, "--out", "run"]) == 1
    said = capsys.readouterr()
    assert message in said.err and said.err.startswith("proactive-gym: ")
    assert said.err.count("\n") == 1 and "Traceback" not in said.err
    assert not (folder / "run" / "summary.csv").exists()


def test_no_traceback_reaches_the_terminal(folder):
    done = shell("eval", "--agent", "rnadom", *RUN, "--out", "run", cwd=folder)
    assert done.returncode == 1 and not done.stdout.strip()
    assert done.stderr.count("\n") == 1 and "did you mean 'random'" in done.stderr


@pytest.mark.parametrize("out", ["file", "file/below", "/proc/no/such"])
def test_a_folder_that_cannot_be_is_said_in_one_line(folder, capsys, out):
    (folder / "file").write_text("", encoding="utf-8")
    for command in (["eval", "--agent", "random", *RUN, "--out", out], ["demo", "--episodes", "1", "--out", out]):
        assert main(command) == 1
        said = capsys.readouterr().err
        assert out in said and said.count("\n") == 1


def test_another_configuration_is_refused(folder, capsys):
    assert evaluated(folder / "run", "random") == 0
    content = (folder / "run" / "episodes.jsonl").read_bytes()
    capsys.readouterr()
    assert evaluated(folder / "run", "random", more=("--seed", "1")) == 1
    said = capsys.readouterr().err
    assert "seed was 0 and is now 1" in said and said.count("\n") == 1
    assert (folder / "run" / "episodes.jsonl").read_bytes() == content


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["evaluate"],
        ["eval"],
        ["eval", "--agent", "random"],
        ["eval", "--agent", "random", "--out", "run", "--episodes", "many"],
        ["eval", "--agent", "random", "--out", "run", "--colour", "red"],
        ["report"],
        ["demo", "runs"],
    ],
    ids=" ".join,
)
def test_wrong_usage_has_its_own_status(folder, capsys, arguments):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.startswith("usage: proactive-gym") and "error: " in said.splitlines()[-1]
    assert list(folder.iterdir()) == [folder / "cli_agents.py"]


# --- report -----------------------------------------------------------------------------------------------------------


def test_a_report_is_made_of_the_episodes_alone(folder, capsys):
    assert evaluated(folder / "one", "random", "never-ask") == 0
    assert evaluated(folder / "two", "abstain") == 0
    made = {name: (folder / "one" / name).read_bytes() for name in TABLES}
    for name in [*made, "run.json", "timing.jsonl", "report.html"]:
        (folder / "one" / name).unlink()
    capsys.readouterr()
    assert main(["report", "one", "two"]) == 0
    assert {name: (folder / "one" / name).read_bytes() for name in made} == made
    assert "Not all pictures can be shown" in (folder / "one" / "report.html").read_text(encoding="utf-8")
    said = capsys.readouterr()
    assert "never-ask" in said.out and "abstain" in said.out and said.err == ""


def test_a_report_of_an_unfinished_run_leaves_the_torn_line_out(folder):
    assert evaluated(folder / "run", "never-ask") == 0
    content = (folder / "run" / "episodes.jsonl").read_bytes()
    (folder / "run" / "episodes.jsonl").write_bytes(content[:-10])
    assert main(["report", "run"]) == 0
    assert (folder / "run" / "summary.csv").read_text(encoding="utf-8").splitlines()[1].split(",")[2] == "2"
    assert (folder / "run" / "episodes.jsonl").read_bytes() == content[:-10]


UNFIT = {
    "missing": (None, "holds no run"),
    "empty": (b"", "without a single finished episode"),
    "torn in its first line": (b'{"agent":"ran', "without a single finished episode"),
    "no rows": (b"hello\n", "Line 1 of"),
    "no UTF-8": (b"\xff\xfe\x00\n", "Line 1 of"),
    "half of a row": (b'{"agent":"a","env":"e","episode":"x","outcome":"correct","replies":[0]}\n', "Line 1 of"),
}


@pytest.mark.parametrize(("content", "message"), UNFIT.values(), ids=UNFIT)
def test_a_folder_without_a_run_is_said_in_one_line(folder, capsys, content, message):
    (folder / "run").mkdir()
    if content is not None:
        (folder / "run" / "episodes.jsonl").write_bytes(content)
    assert main(["report", "run"]) == 1
    said = capsys.readouterr().err
    assert message in said and "run" in said and said.count("\n") == 1
    assert not (folder / "run" / "report.html").exists()


@pytest.mark.parametrize("name", ["nowhere", "cli_agents.py"])
def test_what_is_no_folder_is_said_in_one_line(folder, capsys, name):
    assert main(["report", name]) == 1
    said = capsys.readouterr().err
    assert name in said and said.count("\n") == 1
