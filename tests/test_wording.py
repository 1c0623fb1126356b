"""The user's fixed sentences: from a file, from an object, our own, and the benchmark's, read from its package."""

import json
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from random import Random

import gymnasium as gym
import pytest
from differential.finding import RELEASE, reference_for
from differential.ours import SCENARIOS
from differential.rows import CATEGORIES, ODD_CATEGORIES, ODD_OPTIONS, random_row

import proactive_gym
from proactive_gym import InputError
from proactive_gym.agents import make_agent
from proactive_gym.cli import main
from proactive_gym.dialogue import TEMPLATE, dialogue
from proactive_gym.episode import Expected
from proactive_gym.judging import judge_messages
from proactive_gym.rollout import make_desk
from proactive_gym.sources.proactivebench.wording import official_wording
from proactive_gym.wording import OWN, Wording, wording_from

PARITY = Path(__file__).parent / "parity"
OFFICIAL_FILES = {"source": "proactivebench", "data_dir": PARITY, "split": "all"}
SMALL = {"image_size": 32}
TERSE = """
name = "terse"
template = "{question}\\n{menu}\\nOne letter."
open_hint = "Ask me for help if you need it."

[hints]
sketch = "I can go on drawing."
"framing/farther" = "I can step back."

[prefixes]
video_moment = "A frame:"

[clear_questions]
sketch = "What have I drawn?"
"""


@pytest.fixture
def file(tmp_path):
    """A file with a wording that leaves most things out."""
    path = tmp_path / "my.toml"
    path.write_text(TERSE, encoding="utf-8")
    return path


def written(tmp_path, text: str | bytes) -> Path:
    path = tmp_path / "spoilt.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def first_dialogue(env_id="ProactiveSketch-v0", episode=0, **arguments) -> str:
    """What the user says at first."""
    desk = make_desk(env_id, {**OFFICIAL_FILES, "wording": "own", **arguments})
    return desk.begin(desk.named(episode)).dialogue


# --- Files ------------------------------------------------------------------------------------------------------------


def test_a_file_says_what_differs_from_our_own(file):
    wording = wording_from(file)
    assert wording.name == "terse" and wording.template == "{question}\n{menu}\nOne letter."
    assert wording.hints == {"sketch": "I can go on drawing.", "framing/farther": "I can step back."}
    assert (wording.judge, wording.judged) == (OWN.judge, OWN.judged)


def test_a_file_without_a_name_is_called_like_itself(tmp_path):
    path = tmp_path / "curt.toml"
    path.write_text('open_hint = "Ask."')
    assert wording_from(path) == Wording(
        name="curt", open_hint="Ask.", prefixes=OWN.prefixes, clear_questions=OWN.clear_questions
    )
    path.write_bytes(b"")
    assert wording_from(str(path)).template == OWN.template == TEMPLATE


def test_a_file_may_hold_any_language_and_line_end(tmp_path):
    wording = wording_from(written(tmp_path, "open_hint = 'Frag mich – bitte! 🙂'\r\nname = '短'\r\n"))
    assert (wording.name, wording.open_hint) == ("短", "Frag mich – bitte! 🙂")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hint = 'x'", "has a key 'hint', but there are only name, template, hints"),
        ("[hints.sketch]\nfarther = 'x'", "'hints' .* must be a table of texts by scenario"),
        ("hints = 'x'", "'hints' .* must be a table of texts by scenario"),
        ("prefixes = ['x']", "'prefixes' .* must be a table of texts by scenario"),
        ("[clear_questions]\nsketch = 3", "'clear_questions' .* must be a table of texts by scenario"),
        ("name = 7", "'name' .* is 7, but must be a text"),
        ("open_hint = ['x']", "'open_hint' .* must be a text"),
        ("judge = {text = 'x'}", "'judge' .* must be a text"),
        ("template = true", "'template' .* is True, but must be a text"),
        ("template = '{question}", "is no TOML file"),
        ("[hints]\nsketch = 'x'\nsketch = 'y'", "is no TOML file"),
        ("{}", "is no TOML file"),
        (b"name = '\xe9'", "is no TOML file in UTF-8"),
        (b"\xff\xfen\x00", "is no TOML file in UTF-8"),
        ("name = " + "[" * 50_000, "is no TOML file in UTF-8"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_wrong_file_is_named_with_what_is_wrong(tmp_path, text, said):
    path = written(tmp_path, text)
    with pytest.raises(InputError, match=said) as raised:
        wording_from(path)
    assert "spoilt.toml" in str(raised.value) and "\n" not in str(raised.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.toml cannot be read: No such file"):
        wording_from(tmp_path / "none.toml")
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        wording_from(tmp_path)
    with pytest.raises(InputError, match="null byte"):
        wording_from("a\0b")
    with pytest.raises(InputError, match=r"none\.toml cannot be read"):
        gym.make("ProactiveSketch-v0", wording="none.toml")


# --- Templates --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "template",
    [
        *("", "{menu}", "{question}", "{menu}{question}", "{question}{question}{menu}", "{question}{menu}{menu}"),
        *("{question}{menu}{hint}", "{}{}", "{0}{1}", "{question.__class__}{menu}", "{question[0]}{menu}"),
        *("{question!r}{menu}", "{question:>9999999}{menu}", "{question}{menu:{question}}", "{question }{menu}"),
        *("{question}{menu}{", "}{question}{menu}", "{{question}}{menu}", "{question}{menu}{{}}", "{Question}{menu}"),
    ],
)
def test_a_template_holds_question_and_menu_and_nothing_else_in_braces(tmp_path, template):
    with pytest.raises(InputError, match=r"must hold \{question\} and \{menu\}|has a stray brace"):
        Wording(name="mine", template=template)
    path = written(tmp_path, f"template = {json.dumps(template)}")
    with pytest.raises(InputError, match="The template of the wording 'spoilt'"):
        wording_from(path)


@pytest.mark.parametrize(
    "judged", ["", "{question}{reply}", "{reply}{expected}{question}", "{question}{expected}{reply.x}", "{question"]
)
def test_what_a_judge_is_shown_holds_three_things(judged):
    with pytest.raises(InputError, match="'judged' of the wording 'mine'"):
        Wording(name="mine", judged=judged)


def test_what_is_filled_in_is_never_a_placeholder():
    options = ["{question}", "{menu}", "{", "}}", "{menu.__class__}"]
    said = dialogue("{menu} {0}?", "{question}", options, [True] * 5, "[{question}|{menu}]")
    assert said == "[{menu} {0}? {question}|A. {question}\nB. {menu}\nC. {\nD. }}\nE. {menu.__class__}]"
    system, user = judge_messages("{reply}", Expected((), (("{question}.", 0),)), "{expected}", OWN)
    assert user["content"][0]["text"] == "Question: {reply}\nList: ['{question}']\nReply: {expected}"
    assert system["content"][0]["text"] == OWN.judge


def test_a_template_may_be_as_odd_as_one_likes():
    wording = Wording(name="odd", template="%s \\ {question}${menu}\x00")
    said = dialogue("Was?", "", ["Ja", "Nein", "Weiß nicht"], [True, False, True], wording.template)
    assert said == "%s \\ Was?$A. Ja\nB. Weiß nicht\x00"


# --- In conversation --------------------------------------------------------------------------------------------------


def test_hints_go_by_scenario_and_by_kind_of_picture(file, tmp_path):
    assert "go on drawing" not in first_dialogue(wording=file)
    assert first_dialogue(wording=file, hint=True).splitlines()[0].endswith(" I can go on drawing.")
    row = json.loads((PARITY / "coco2014_preprocessed.jsonl").read_text(encoding="utf-8").splitlines()[0])
    for direction, hint in (("left", "Hint: the camera can be moved."), ("zoom", "I can step back.")):
        (tmp_path / "coco2014_preprocessed.jsonl").write_text(json.dumps({**row, "direction": direction}))
        said = first_dialogue("ProactiveFraming-v0", data_dir=tmp_path, wording=file, hint=True)
        assert said.splitlines()[0].endswith(f" {hint}")


def test_ones_own_hint_is_said_as_it_is(file):
    assert first_dialogue(wording=file, hint="Well?").splitlines()[0].endswith(" Well?")
    assert first_dialogue(wording=file, hint="Well?", reply="open").endswith(" Well?")


def test_free_words_have_a_hint_of_their_own_and_no_menu(file):
    said = first_dialogue(wording=file, hint=True, reply="open")
    assert said.endswith(" Ask me for help if you need it.") and "One letter" not in said
    assert first_dialogue(wording=file, reply="open") == said.removesuffix(" Ask me for help if you need it.")


def test_the_reference_setting_may_ask_another_question(file):
    prompt = json.loads((PARITY / "QuickDraw_preprocessed.jsonl").read_text().splitlines()[0])["prompt"]
    assert first_dialogue(wording=file).startswith(f"{prompt}\n")
    assert first_dialogue(wording=file, clear=True).startswith("What have I drawn?\nA. ")
    assert first_dialogue(clear=True).startswith(f"{prompt}\n")
    assert first_dialogue("ProactiveOcclusion-v0", clear=True).startswith("What is this?\n")


def test_video_questions_come_after_a_prefix(file):
    assert first_dialogue("ProactiveVideoMoment-v0").startswith("This is one moment of a video. ")
    assert first_dialogue("ProactiveVideoMoment-v0", wording=file).startswith("A frame: ")
    assert first_dialogue("ProactiveVideoMoment-v0", wording=file, clear=True).startswith("A frame: ")
    # A file's table stands for the whole of ours.
    assert not first_dialogue("ProactiveVideoOcclusion-v0", wording=file).startswith(("This is", "A frame"))


def test_scenes_are_worded_alike(file):
    desk = make_desk("ProactiveSketch-v0", {**SMALL, "wording": file, "hint": True})
    lines = desk.begin(desk.named(0)).dialogue.splitlines()
    assert lines[0].endswith(" I can go on drawing.") and lines[-1] == "One letter."
    own = make_desk("ProactiveSketch-v0", SMALL)
    assert own.setting.wording is OWN and own.begin(own.named(0)).dialogue.endswith(TEMPLATE.rpartition("\n")[2])


def test_a_wording_can_be_given_as_an_object_and_as_a_path(file):
    wording = wording_from(file)
    for env_id in ("ProactiveSketch-v0", "ProactiveSuite-v0"):
        said = {
            gym.make(env_id, wording=given, **SMALL).reset(seed=4)[0]["dialogue"]
            for given in (wording, file, str(file))
        }
        assert len(said) == 1 and said.pop().endswith("One letter.")
    vector = gym.make_vec("ProactiveSketch-v0", 2, wording=wording, **SMALL)
    assert all(said.endswith("One letter.") for said in vector.reset(seed=4)[0]["dialogue"])


@pytest.mark.parametrize("given", [3, b"own", ["own"], {"name": "own"}, True], ids=repr)
def test_nothing_else_is_a_wording(given):
    with pytest.raises(InputError, match=r"wording is .*, but must be 'own', 'official', the name of a TOML file"):
        gym.make("ProactiveSketch-v0", wording=given)


# --- In runs ----------------------------------------------------------------------------------------------------------


def test_runs_and_their_reports_say_which_wording(file, tmp_path):
    out = tmp_path / "run"
    options = ["--source", "proactivebench", "--data-dir", str(PARITY), "--split", "all", "--wording", str(file)]
    assert main(["eval", "--agent", "random", "--env", "ProactiveSketch-v0", *options, "--out", str(out)]) == 0
    rows = [json.loads(line) for line in (out / "episodes.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {row["wording"] for row in rows} == {"terse"}
    told = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert told["configuration"]["wording"] == {"ProactiveSketch-v0": "terse"}
    assert "sentences around the menu: terse" in (out / "report.html").read_text(encoding="utf-8")


def test_a_run_is_not_gone_on_with_in_another_wording(file, tmp_path):
    run = {"episodes": 2, "out": tmp_path / "run", "wording": file, **SMALL}
    proactive_gym.evaluate("random", "ProactiveSketch-v0", **run)
    file.write_text(TERSE.replace('"terse"', '"other"'), encoding="utf-8")
    with pytest.raises(InputError, match="wording"):
        proactive_gym.evaluate("random", "ProactiveSketch-v0", **run)


# --- The benchmark's own ----------------------------------------------------------------------------------------------


def test_without_its_package_the_benchmark_is_put_in_our_words(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr("proactive_gym.sources.proactivebench.wording.version", missing)
    for refused in (official_wording, lambda: gym.make("ProactiveSketch-v0", wording="official")):
        with pytest.raises(InputError, match=r"install proactive-gym\[proactivebench\] \(Python 3.12 or newer\)"):
            refused()
    assert make_desk("ProactiveSketch-v0", OFFICIAL_FILES).setting.wording is OWN


def package_like_theirs(folder: Path, environment: str, script: str | None) -> None:
    """A package of that name laid out like the benchmark's, with sentences of ours."""
    package, told = folder / "proactivebench", folder / "proactivebench-9.9.dist-info"
    package.mkdir()
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: proactivebench\nVersion: 9.9\n")
    (package / "__init__.py").write_text("")
    (package / "environment.py").write_text(environment)
    (package / "data_utils.py").write_text(
        "def apply_multi_choice_template(question, options, short_answer):\n"
        "    return question + ' Pick:\\n' + ''.join(f'A. {option}\\n' for option in options) + 'Only one.'\n"
    )
    (package / "open_ended_gen.py").write_text(
        "SYSTEM_PROMPT = 'Judge {this}.'\nUSER_PROMPT = '{user_prompt}/{correct_answers}/{generated_answer}'\n"
    )
    if script is not None:
        (package / "tests").mkdir()
        (package / "tests" / "oeg.py").write_text(script)


ENVIRONMENT = """
class User:
    def __init__(self, row, folder):
        self.hint_prompt = 'Hint: ' + row['direction'] + '.'
        self.pre_prompt = 'Look.' if row['first_image'] else ''
        self.reference_prompt = None

def get_environment(name):
    return User
"""
SCRIPT = "state = {'prompt': ''}\nfor row in ():\n    state['prompt'] += ' Just ask.'\n"


@pytest.fixture
def on_path(tmp_path, monkeypatch):
    """A folder that modules are looked for in; they are forgotten after the test."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    before = {name for name in sys.modules if name.partition(".")[0] == "proactivebench"}
    for name in before:
        monkeypatch.delitem(sys.modules, name)
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "proactivebench"]:
        del sys.modules[name]


def test_with_its_package_the_benchmark_speaks_for_itself(on_path):
    package_like_theirs(on_path, ENVIRONMENT, SCRIPT)
    wording = official_wording()
    assert wording.name == "proactivebench 9.9" and wording.open_hint == "Just ask."
    assert wording.template == "{question} Pick:\n{menu}\nOnly one."
    assert wording.hints["framing"] == "Hint: left." and wording.hints["framing/farther"] == "Hint: zoom."
    assert (wording.judge, wording.judged) == ("Judge {this}.", "{question}/{expected}/{reply}")
    assert make_desk("ProactiveSketch-v0", OFFICIAL_FILES).setting.wording == wording
    assert make_desk("ProactiveSketch-v0", SMALL).setting.wording is OWN  # scenes are ours
    assert make_desk("ProactiveSketch-v0", {**SMALL, "wording": "official"}).setting.wording == wording
    (played,) = proactive_gym.rollouts(make_agent("never-ask"), "ProactiveSketch-v0", 1, hint=True, **OFFICIAL_FILES)
    assert played.exchanges[0].turn.dialogue.endswith("\nOnly one.")


@pytest.mark.parametrize("script", [None, "", "prompt = ' Just ask.'"], ids=["none", "empty", "other"])
def test_an_open_hint_that_is_not_found_is_ours_and_said_to_be(on_path, script):
    package_like_theirs(on_path, ENVIRONMENT, script)
    wording = official_wording()
    assert wording.open_hint == OWN.open_hint and wording.name == "proactivebench 9.9, open hint of our own"


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ("", "is not where version 0.1.1 has it"),
        (ENVIRONMENT.replace("hint_prompt", "hint"), "is not where version 0.1.1 has it"),
        (ENVIRONMENT.replace("row['direction']", "row['new']"), "is not where version 0.1.1 has it"),
        ("import nothing_of_this_name", "cannot be imported"),
        ("def broken(:", "cannot be imported"),
    ],
    ids=["nothing", "renamed", "new field", "import", "syntax"],
)
def test_a_package_laid_out_otherwise_is_refused_with_a_way_out(on_path, environment, said):
    package_like_theirs(on_path, environment, SCRIPT)
    with pytest.raises(InputError, match=f"{said}.*take wording='own'"):
        official_wording()
    assert make_desk("ProactiveSketch-v0", OFFICIAL_FILES).setting.wording is OWN


@pytest.fixture
def reference(request):
    return reference_for(request)


def random_menus(random: Random, number: int) -> list[tuple[str, list[str]]]:
    """Questions, each with options; no more than there are letters."""
    texts = [*CATEGORIES, *ODD_CATEGORIES, *ODD_OPTIONS, "{question}", "{menu}", "A. {menu}", "", " "]
    return [(random.choice(texts), random.choices(texts, k=random.randint(1, 26))) for _ in range(number)]


@pytest.mark.parametrize("number", [300, pytest.param(20_000, marks=pytest.mark.slow)])
def test_the_real_package_is_read_word_for_word(reference, number):
    random = Random(number)
    rows = {name: (dataset, random_row(random, dataset, 0, odd=False)) for dataset, name in SCENARIOS.items()}
    rows["framing/farther"] = ("coco2014", {**rows["framing"][1], "direction": "zoom"})
    rows["framing"][1]["direction"] = "left_up"
    users = {name: {"dataset": dataset, "row": row} for name, (dataset, row) in rows.items()}
    menus = random_menus(random, number)
    judged = [("What?", "Move the blocks, Orange.", "I see {reply} an orange."), ("", "Kettle.", "")]
    give = {"package": str(Path(proactive_gym.__file__).parent), "users": users, "menus": menus, "judged": judged}
    read, theirs = reference.run("sentences.py", give=give).values()
    wording = Wording(**read)
    assert wording.name == f"proactivebench {RELEASE}"
    assert wording.hints == theirs["hints"] and len(wording.hints) == 8 and all(wording.hints.values())
    assert wording.hints["framing"] != wording.hints["framing/farther"]
    assert wording.prefixes == theirs["prefixes"] and set(wording.prefixes) == {"video_occlusion", "video_moment"}
    assert wording.clear_questions == theirs["clear_questions"] and set(wording.clear_questions) == {"occlusion"}
    assert wording.open_hint not in ("", OWN.open_hint) and f'" {wording.open_hint}"' in theirs["script"]
    for (question, options), said in zip(menus, theirs["dialogues"], strict=True):
        assert dialogue(question, "", options, [True] * len(options), wording.template) == said
    for (question, items, reply), messages in zip(judged, theirs["judged"], strict=True):
        expected = Expected((), tuple((item, 0) for item in items.split(",")))
        ours = {said["role"]: said["content"][0]["text"] for said in judge_messages(question, expected, reply, wording)}
        assert ours == {said["role"]: said["content"] for said in messages}
