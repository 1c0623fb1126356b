"""The official files: played to the letter, and every fault in them named."""

import hashlib
import json
import os
import re
import shutil
import time
import warnings
from concurrent.futures import wait
from pathlib import Path
from typing import ClassVar

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from PIL import Image

import proactive_gym
from proactive_gym import InputError
from proactive_gym.agents import make_agent
from proactive_gym.cli import main
from proactive_gym.envs.suite import ProactiveSuiteEnv
from proactive_gym.errors import PictureError
from proactive_gym.judging import judge_messages, read_verdict
from proactive_gym.reading import strict_readings
from proactive_gym.rollout import make_desk
from proactive_gym.sources import FixedEpisodes, ProactiveBenchSource
from proactive_gym.sources.decoding import MOST_PIXELS
from proactive_gym.sources.proactivebench.check import check, strangers
from proactive_gym.sources.proactivebench.layout import DATA_SETS, filtered_ids, rows_file
from proactive_gym.sources.proactivebench.pictures import PictureBox
from proactive_gym.sources.proactivebench.row import Photo

PARITY = Path(__file__).parent / "parity"
TRACES = json.loads((PARITY / "traces.json").read_text(encoding="utf-8"))
IDS = {
    scenario.dataset: env_id
    for scenario, env_id in zip(ProactiveSuiteEnv.scenarios, proactive_gym.ENVIRONMENTS, strict=False)
}
OFFICIAL = {"source": "proactivebench", "split": "all", "wording": "own"}
every_id = pytest.mark.parametrize("env_id", proactive_gym.ENVIRONMENTS)
every_data_set = pytest.mark.parametrize("dataset", DATA_SETS)


@pytest.fixture
def folder(tmp_path):
    """A copy of the small data set, to be spoilt."""
    return Path(shutil.copytree(PARITY, tmp_path / "data"))


def rows_of(folder: Path, dataset: str) -> list[dict]:
    return [json.loads(line) for line in (folder / rows_file(dataset)).read_text(encoding="utf-8").splitlines()]


def write_rows(folder: Path, dataset: str, rows: list) -> None:
    text = "".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows)
    (folder / rows_file(dataset)).write_text(text, encoding="utf-8")


def desk(dataset: str, folder: Path = PARITY, **arguments):
    return make_desk(IDS[dataset], {**OFFICIAL, "data_dir": folder, "reply": "text", **arguments})


# --- To the letter ----------------------------------------------------------------------------------------------------


def fingerprint(picture: np.ndarray) -> str:
    size = repr((picture.shape[1], picture.shape[0]))
    return hashlib.sha256(size.encode() + picture.tobytes()).hexdigest()[:16]


def verdict(conversation, block, reply: str, right: list[int]) -> str:
    """What the reference says of one part of the menu."""
    episode, offered = conversation.episode, conversation.offered
    named = strict_readings(reply, episode.texts, offered, [block])
    if not named:
        return "mismatch"
    return "correct" if any(number in right for number in named) else "wrong"


@pytest.mark.parametrize("dataset", DATA_SETS)
def test_every_trace_of_the_reference_comes_out_the_same(dataset):
    played = 0
    at = desk(dataset)
    for trace in (trace for trace in TRACES if trace["dataset"] == dataset):
        conversation = at.begin(at.named(trace["id"]))
        episode = conversation.episode
        for number, turn in enumerate(trace["turns"]):
            assert not conversation.state.over
            (picture,) = at.source.paint([conversation.picture])
            assert fingerprint(picture) == turn["image"] and [*picture.shape[1::-1]] == turn["size"]
            assert [text for text, on in zip(episode.texts, conversation.offered, strict=True) if on] == turn["options"]
            state = conversation.state
            ways = episode.world.moves(state.place)
            asking, answers = episode.blocks
            helping = [number for number in asking if episode.menu[number].name in ways]
            right = [episode.answer] if episode.world.answerable(state.place) else []
            assert verdict(conversation, asking, turn["say"], helping) == trace["actions"][number]
            assert verdict(conversation, answers, turn["say"], right) == trace["categories"][number]
            conversation.say(turn["say"])
        assert conversation.state.over and len(trace["turns"]) == trace["num_turns"]
        assert (conversation.state.outcome == "correct") == trace["correct"]
        assert conversation.state.turn == trace["num_turns"] - 1  # the benchmark's "suggestions"
        played += 1
    assert played == 36


def test_the_first_answer_about_hidden_objects_never_counts():
    env = gym.make("ProactiveOcclusion-v0", data_dir=PARITY, **OFFICIAL)
    _, info = env.reset(options={"episode": 0})
    answer = info["options"].index(env.unwrapped.conversation.episode.texts[env.unwrapped.conversation.episode.answer])
    *_, reward, terminated, _, info = env.step(answer)
    assert (reward, terminated, info["outcome"]) == (0.0, True, "wrong")
    env.reset(options={"episode": 0})
    for name in ("Move the blocks to the left.", "Move the blocks to the right."):
        *_, info = env.step(info["options"].index(name))
    *_, reward, _, _, info = env.step(answer)
    assert reward == 1.0 and info["requests"] == 2


def test_published_ids_are_7557():
    sizes = {DATA_SETS[name].acronym: len(ids) for name, ids in filtered_ids().items()}
    assert sizes == {"ROD": 88, "VSOD": 42, "MVP-N": 2591, "IN-C": 1095, "QD": 2105, "CIT": 396, "COCO": 1240}
    assert sum(sizes.values()) == 7557


# --- As environments --------------------------------------------------------------------------------------------------


@every_id
def test_gymnasiums_checks_pass_on_official_rows(env_id):
    for size in (None, 32):
        env = gym.make(env_id, data_dir=PARITY, image_size=size, **OFFICIAL)
        with warnings.catch_warnings():
            warnings.simplefilter("error", gym.error.DeprecatedEnv)
            check_env(env.unwrapped, skip_render_check=True)


@every_id
def test_one_many_and_seeded_alike(env_id):
    arguments = {"data_dir": PARITY, **OFFICIAL}
    vector = gym.make_vec(env_id, 4, **arguments)
    sync = gym.make_vec(env_id, 4, vectorization_mode="sync", **arguments)
    obs, info = vector.reset(seed=3)
    other, _ = sync.reset(seed=3)
    assert vector.single_observation_space == sync.single_observation_space
    assert isinstance(obs["image"], tuple) and obs in vector.observation_space
    singles = [gym.make(env_id, **arguments) for _ in range(4)]
    for lane, env in enumerate(singles):
        alone, told = env.reset(seed=3 + lane)
        assert told["episode"] == info["episode"][lane]
        assert np.array_equal(alone["image"], obs["image"][lane]) and np.array_equal(
            alone["image"], other["image"][lane]
        )
        assert alone["dialogue"] == obs["dialogue"][lane]
    random = np.random.default_rng(0)
    for _ in range(20):
        actions = (random.random(obs["action_mask"].shape) * obs["action_mask"]).argmax(axis=1)
        obs, *_ = vector.step(actions)
        assert obs in vector.observation_space


def test_pictures_are_native_or_fitted():
    env = gym.make("ProactiveOcclusion-v0", data_dir=PARITY, **OFFICIAL)
    obs, _ = env.reset(options={"episode": 0})
    original = np.array(Image.open(PARITY / "Realistic-Occlusion-Dataset/images/s0-3.png").convert("RGB"))
    assert np.array_equal(obs["image"], original)
    small, _ = gym.make("ProactiveOcclusion-v0", data_dir=PARITY, image_size=64, **OFFICIAL).reset(
        options={"episode": 0}
    )
    assert small["image"].shape == (64, 64, 3)
    assert (small["image"][:4] == 128).all() and not (small["image"][30:34] == 128).all()  # wider than high: bars


def test_rows_go_by_their_ids():
    env = gym.make("ProactiveSketch-v0", data_dir=PARITY, **OFFICIAL)
    _, info = env.reset(options={"episode": 4})
    assert info["episode"] == "proactivebench/sketch/all/4"
    with pytest.raises(InputError, match="no row of QuickDraw in that split has that id"):
        env.reset(options={"episode": 77})
    suite = gym.make("ProactiveSuite-v0", data_dir=PARITY, **OFFICIAL)
    with pytest.raises(InputError, match="rows of 7 data sets may have that id"):
        suite.reset(options={"episode": 4})
    _, info = suite.reset(options={"episode": "proactivebench/framing/all/4"})
    assert info["scenario"] == "framing"


def test_a_suite_draws_each_scenario_alike():
    suite = gym.make("ProactiveSuite-v0", data_dir=PARITY, **OFFICIAL)
    drawn = [suite.reset(seed=seed)[1]["scenario"] for seed in range(300)]
    assert min(drawn.count(name) for name in set(drawn)) > 20 and len(set(drawn)) == 7


def test_the_reference_setting_shows_the_reference_picture_and_answers_only():
    for dataset in DATA_SETS:
        at = desk(dataset, clear=True)
        for row in rows_of(PARITY, dataset):
            conversation = at.begin(at.named(row["id"]))
            assert list(conversation.options) == row["categories"]
            photo = conversation.picture
            assert photo.box is None and (dataset == "coco2014" or str(row["reference_image"]) in photo.file)
            conversation.say(row["answer"])
            assert conversation.state.outcome == "correct"


def test_the_oracle_asks_as_often_as_needed_where_that_is_known():
    needed = {}
    for dataset, env_id in IDS.items():
        played = list(proactive_gym.rollouts(make_agent("oracle"), env_id, data_dir=PARITY, **OFFICIAL))
        assert {trajectory.outcome for trajectory in played} == {"correct"}
        needed[dataset] = [trajectory.requests_needed for trajectory in played]
        for trajectory in played:
            assert trajectory.sufficiency is None
            assert trajectory.requests_needed in (None, trajectory.requests)
    rows = rows_of(PARITY, "QuickDraw")
    assert needed["QuickDraw"] == [row["num_images"] - 1 for row in rows]
    assert needed["coco2014"] == [None] * 6


def test_foreign_interventions_change_nothing_that_is_shown():
    at = desk("QuickDraw", interventions="foreign")
    conversation = at.begin(at.named(0))
    own = {phrase for phrases in at.scenarios[0].interventions.values() for phrase in phrases}
    foreign = [option for option in conversation.episode.menu if option.kind == "intervention"]
    assert foreign and not {option.text for option in foreign} & own
    conversation.say(foreign[0].text)
    assert conversation.state.outcome == "useless_request"


def test_free_words_may_ask_without_saying_which_way():
    at = desk("Realistic-Occlusion-Dataset", reply="open", single_turn=True, hint=True)
    conversation = at.begin(at.named(0))
    assert conversation.options == () and "say what I could do" in conversation.dialogue
    conversation.say("I cannot see anything, could you move the blocks, please?")
    assert conversation.state.outcome == "requested" and conversation.state.over
    begun = at.begin(at.named(0))
    assert begun.episode.expected(begun.state).texts == ["Move the blocks", "Move the camera"]


def test_a_judge_is_told_what_counts_and_is_read():
    at = desk("coco2014", reply="open", single_turn=True)
    conversation = at.begin(at.named(0))
    expected = conversation.episode.expected(conversation.state)
    answer = conversation.episode.texts[conversation.episode.answer]
    assert expected.texts == ["Move the camera", "Move farther from the object", answer.replace(".", "")]
    system, user = judge_messages(conversation.dialogue, expected, "A {question} zebra!")
    assert system["role"] == "system" and "A {question} zebra!" in user["content"][0]["text"]
    assert str(expected.texts) in user["content"][0]["text"]
    asking, answering = read_verdict("so:\n0, 1,0", expected), read_verdict("<think>1,1,0</think>0,0,1", expected)
    assert asking[:2] == (True, False) and conversation.episode.menu[asking.choice].kind == "intervention"
    assert answering == (False, True, conversation.episode.answer)
    assert read_verdict("1,0,1", expected).choice == conversation.episode.answer
    assert read_verdict("0,0,0", expected) == (False, False, None)
    assert read_verdict("0,0,1. Done in 10 steps.", expected) is None  # as in the benchmark
    assert read_verdict("yes", expected) is None


def test_a_kept_set_of_official_episodes():
    source = FixedEpisodes(ProactiveBenchSource(PARITY, "all"), 4)
    played = list(proactive_gym.rollouts(make_agent("random"), "ProactiveSketch-v0", source=source, wording="own"))
    assert [trajectory.episode for trajectory in played] == [f"proactivebench/sketch/all/{i}" for i in range(4)]


# --- Pictures ---------------------------------------------------------------------------------------------------------


def watched_box(monkeypatch) -> tuple[PictureBox, list[str]]:
    """A box, and the files that it decodes."""
    box = PictureBox(PARITY)
    decoded, decode = [], box._decoded
    monkeypatch.setattr(box, "_decoded", lambda file: decoded.append(file) or decode(file))
    return box, decoded


def test_pictures_are_decoded_once_and_the_next_ones_ahead(monkeypatch):
    box, decoded = watched_box(monkeypatch)
    files = [f"QuickDraw/q0/{number:04}.png" for number in range(3)]
    for _ in range(3):
        first = box.pictures([Photo(files[0], ahead=(files[1],))])[0]
        first[:] = 0
    second = box.pictures([Photo(files[1])])[0]
    assert decoded == files[:2] and second.any()
    assert box.pictures([Photo(files[0])])[0].any()  # what is handed out is a copy


def test_pictures_that_are_expected_are_decoded_meanwhile(monkeypatch):
    box, decoded = watched_box(monkeypatch)
    files = [f"QuickDraw/q0/{number:04}.png" for number in range(4)]
    box.pictures([Photo(files[0], ahead=(files[1],))])
    box.expect([Photo(files[2])])
    wait([*box._coming.values()])
    assert sorted(decoded) == files[:3]
    box.pictures([Photo(files[1], ahead=(files[3],)), Photo(files[2])])
    wait([*box._coming.values()])
    assert sorted(decoded) == files  # each of them once


def test_first_pictures_are_expected_before_their_turn_and_what_is_wrong_is_said_in_its_own(folder):
    class Watched(ProactiveBenchSource):
        heard: ClassVar[list[list[str]]] = []

        def expect(self, pictures):
            self.heard.append([picture.file for picture in pictures])
            super().expect(pictures)

        def episode(self, scenarios, name, setting):
            if name.endswith("/2"):
                raise InputError("Row 2 is wrong.")
            return super().episode(scenarios, name, setting)

    agent, shown = make_agent("never-ask"), []
    with pytest.raises(InputError, match="Row 2"):
        for trajectory in proactive_gym.rollouts(
            agent, "ProactiveSketch-v0", num_envs=1, source=Watched(folder, "all")
        ):
            shown.append(trajectory.episode[-1])
    assert shown == ["0", "1"]
    # Of six rows one is shown first, and the third cannot be.
    assert [len(files) for files in Watched.heard] == [4, 3] and Watched.heard[0][1:] == Watched.heard[1]


def test_pictures_kept_do_not_outgrow_their_room():
    whole = PictureBox(PARITY).pictures([Photo("coco2014/000000000000.png")])[0]
    box = PictureBox(PARITY, room=3 * whole.nbytes)
    for number in range(6):
        for step in range(5):
            box.pictures([Photo(f"coco2014/00000000000{number}.png", (0, 0, 10 + step, 10))])
    assert sum(picture.nbytes for picture in box._kept.values()) == box._bytes <= box.room


def hurt_pictures(folder: Path) -> dict[str, str]:
    """Damaged files, and a word of what is said of each."""
    here = folder / "QuickDraw" / "q0"
    whole = (here / "0000.png").read_bytes()
    (here / "empty.png").write_bytes(b"")
    (here / "text.png").write_text("not a picture")
    (here / "torn.png").write_bytes(whole[: len(whole) // 2])
    (here / "dir.png").mkdir()
    # The head of a picture of 2^30 pixels, of which not one is there.
    Image.new("RGB", (1, 1)).save(here / "bomb.bmp")
    head = bytearray((here / "bomb.bmp").read_bytes())
    head[18:26] = (2**15).to_bytes(4, "little") * 2
    (here / "bomb.bmp").write_bytes(head)
    outside = folder.parent / "secret.png"
    shutil.copy(here / "0000.png", outside)
    (here / "link.png").symlink_to(outside)
    return {
        "missing.png": "There is no picture",
        "empty.png": "it is empty",
        "text.png": "none of JPEG, PNG",
        "torn.png": "cannot be read",
        "dir.png": "cannot be read",
        "bomb.bmp": "pixels|exceeds limit",
        "link.png": "leads out of",
        "../../../secret.png": "leads out of",
        str(outside): "leads out of",
    }


def test_pictures_that_cannot_be_shown_are_named(folder):
    box = PictureBox(folder)
    for name, said in hurt_pictures(folder).items():
        with pytest.raises(PictureError, match=said) as raised, warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            box.pictures([Photo(name if os.path.isabs(name) else f"QuickDraw/q0/{name}")])
        assert Path(name).name in str(raised.value) and "\n" not in str(raised.value)
    with pytest.raises(PictureError, match="no pixels or too many"):
        box.pictures([Photo("coco2014/000000000000.png", (5, 5, 5, 9))])
    with pytest.raises(PictureError, match="no pixels or too many"):
        box.pictures([Photo("coco2014/000000000000.png", (0, 0, MOST_PIXELS, 9))])


def test_a_broken_picture_is_an_error_of_its_episode_alone(folder, capsys):
    (folder / "QuickDraw" / "q2" / "0000.png").write_bytes(b"")  # a first picture
    (folder / "QuickDraw" / "q3" / "0001.png").write_bytes(b"")  # one that a request leads to
    run = ["eval", "--agent", "always-ask", "--env", "ProactiveSketch-v0", "--source", "proactivebench"]
    run += [
        "--data-dir",
        str(folder),
        "--split",
        "all",
        "--wording",
        "own",
        "--out",
        str(folder / "run"),
        "--num-envs",
        "4",
    ]
    assert main(run) == 1
    said = capsys.readouterr()
    assert "2 of 6 episodes could not be played" in said.err and "sketch/all/2" in said.err
    rows = [json.loads(line) for line in (folder / "run" / "episodes.jsonl").read_text().splitlines()]
    assert [row["error"] is None for row in rows] == [True, True, False, False, True, True]
    assert rows[2]["outcome"] is rows[3]["outcome"] is None and "0001.png" in rows[3]["error"]
    summary = (folder / "run" / "summary.csv").read_text().splitlines()
    assert summary[1].split(",")[2] == "4" and summary[1].endswith(",2,0,own")  # errors, unreadable verdicts, wording
    page = (folder / "run" / "report.html").read_text()
    assert "2 episodes could not be played" in page and "sentences around the menu: own." in page
    assert "wording: own" in said.out
    for place in ("q2/0000.png", "q3/0001.png"):
        shutil.copy(PARITY / "QuickDraw" / place, folder / "QuickDraw" / place)
    assert main(run) == 0
    again = [json.loads(line) for line in (folder / "run" / "episodes.jsonl").read_text().splitlines()]
    assert [row["error"] for row in again] == [None] * 6 and again[0] == rows[0]
    assert main([*run[:-4], "--out", str(folder / "other"), "--num-envs", "1"]) == 0
    assert (folder / "other" / "episodes.jsonl").read_bytes() == (folder / "run" / "episodes.jsonl").read_bytes()


# --- Faults in the rows -----------------------------------------------------------------------------------------------

WRONG_FIELDS = [
    ("QuickDraw", {"id": "3"}, "'id' is '3', but must be a whole number from 0"),
    ("QuickDraw", {"id": 10**16}, "'id' is 1000"),
    ("QuickDraw", {"prompt": "\ud800?"}, "'prompt' is '.ud800.', but must be a text"),
    ("QuickDraw", {"id": True}, "'id' is True"),
    ("QuickDraw", {"id": 0}, "another than that of line 1"),
    ("QuickDraw", {"prompt": ""}, "'prompt' is '', but must be a text"),
    ("QuickDraw", {"prompt": None}, "'prompt' is None"),
    ("QuickDraw", {"prompt": ...}, "'prompt' is missing"),
    ("QuickDraw", {"options": []}, "'options' is .*, but must be a list of at least 1 text"),
    ("QuickDraw", {"options": ["A.", 3]}, "'options' is"),
    ("QuickDraw", {"categories": "ABCD"}, "'categories' is 'ABCD'"),
    ("QuickDraw", {"answer": "Zeppelin."}, "'answer' is 'Zeppelin.', but must be one of"),
    ("QuickDraw", {"num_images": 0}, "'num_images' is 0"),
    ("QuickDraw", {"num_images": 2.0}, "'num_images' is 2.0"),
    ("QuickDraw", {"image_template": "a/{level}.png"}, "'image_template' is .*, but must be a path with {image} in it"),
    ("QuickDraw", {"image_template": "a/{image.__class__}.png"}, "nothing else in braces"),
    ("QuickDraw", {"image_template": "a/{image!r}.png"}, "nothing else in braces"),
    ("QuickDraw", {"image_template": "a/{image:9999999}.png"}, "nothing else in braces"),
    ("QuickDraw", {"image_template": "a/{.png"}, "nothing else in braces"),
    ("QuickDraw", {"image_template": "a/b.png"}, "nothing else in braces"),
    ("QuickDraw", {"image_template": "../{image}.png"}, "a path inside the data's folder"),
    ("QuickDraw", {"image_template": "/etc/{image}.png"}, "a path inside the data's folder"),
    ("QuickDraw", {"image_template": "a\\{image}.png"}, "a path inside the data's folder"),
    ("MVP-N", {"image_template": "a/{image}.png"}, "{informative} and {image}"),
    ("MVP-N", {"valid_images": [1]}, "'valid_images' is .*, but must be a list of at least"),
    ("MVP-N", {"valid_images": [-1, 2, 3, 4, 5, 6]}, "whole numbers of at least 0"),
    ("ImageNet-C", {"quality_answer": "Paint it black."}, "'quality_answer' is 'Paint it black.', but must be one of"),
    ("ImageNet-C", {"first_image": 2}, "'first_image' is 2, but must be a whole number from 5 to 5"),
    ("Realistic-Occlusion-Dataset", {"first_image": 99}, "'first_image' is 99"),
    ("OcclusionDataSet-MM20", {"strong_occlusions": "yes"}, "'strong_occlusions' is 'yes', but must be true or false"),
    ("ChangeIt", {"step_size": 0}, "'step_size' is 0"),
    ("ChangeIt", {"max_steps": ...}, "'max_steps' is missing"),
    ("coco2014", {"direction": "left_right"}, "'direction' is 'left_right', but must be zoom, left"),
    ("coco2014", {"crop": {"left": 0}}, "in the field 'crop': the field 'top' is missing"),
    ("coco2014", {"crop": [0, 0, 1, 1]}, "'crop' is .*, but must be an object"),
    ("coco2014", {"horizontal_step": float("nan")}, "'horizontal_step' is nan, but must be a number"),
    ("coco2014", {"horizontal_step": 10**400}, "'horizontal_step' is 1000"),
    ("coco2014", {"vertical_step": -1}, "'vertical_step' is -1, but must be a number of at least 0"),
    ("coco2014", {"image_template": "a/{image}.png"}, "no placeholder in it"),
]


@pytest.mark.parametrize(("dataset", "change", "said"), WRONG_FIELDS, ids=lambda value: str(value)[:40])
def test_a_wrong_field_is_named_with_file_and_line(folder, dataset, change, said):
    rows = rows_of(folder, dataset)
    rows[2] = {name: value for name, value in {**rows[2], **change}.items() if value is not ...}
    write_rows(folder, dataset, rows)
    with pytest.raises(InputError, match=said) as raised:
        gym.make(IDS[dataset], data_dir=folder, **OFFICIAL)
    assert f"{rows_file(dataset)}, line 3: " in str(raised.value) and "data check" in str(raised.value)
    (found,) = check(folder, [s for s in ProactiveSuiteEnv.scenarios if s.dataset == dataset])
    assert found.lines == 6 and found.rows == 5
    assert sum("line 3" in problem for problem in found.problems) == 1


WRONG_LINES = {
    "truncated": (b'{"id": 2, "prompt": "Wh', "is no whole JSON object"),
    "no object": (b"[1, 2]\n", "must be an object with named fields"),
    "not UTF-8": (b'{"id": 2, "prompt": "\xff"}\n', "is not in UTF-8: byte 22 of it is 0xff"),
    "very deep": (b"[" * 100_000 + b"\n", "is no whole JSON object"),
    "very long": (b" " * 2**20 + b"\n", "is longer than a row can be"),
}


@pytest.mark.parametrize("name", WRONG_LINES)
def test_a_line_that_is_no_row_is_named(folder, name):
    line, said = WRONG_LINES[name]
    with (folder / rows_file("QuickDraw")).open("ab") as file:
        file.write(line)
    with pytest.raises(InputError, match=said) as raised:
        gym.make("ProactiveSketch-v0", data_dir=folder, **OFFICIAL)
    assert "line 7" in str(raised.value) and len(str(raised.value)) < 500


def test_nothing_is_left_out_in_silence(folder):
    (folder / rows_file("coco2014")).unlink()
    with pytest.raises(InputError, match=r"There is no coco2014_preprocessed\.jsonl in .*data install"):
        gym.make("ProactiveFraming-v0", data_dir=folder, **OFFICIAL)
    with pytest.raises(InputError, match="lacks 82 of the 88 rows that the published numbers are of"):
        gym.make("ProactiveOcclusion-v0", source="proactivebench", data_dir=folder)
    write_rows(folder, "QuickDraw", [])
    with pytest.raises(InputError, match="holds no rows to play"):
        gym.make("ProactiveSketch-v0", data_dir=folder, **OFFICIAL)
    rows = rows_of(folder, "OcclusionDataSet-MM20")
    write_rows(folder, "OcclusionDataSet-MM20", [{**row, "strong_occlusions": row["id"] % 2 == 0} for row in rows])
    at = desk("OcclusionDataSet-MM20", folder)
    assert at.source.size(at.scenarios) == 3  # weak occlusions are not played, as in the benchmark


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"data_dir": None}, "needs data_dir"),
        ({"data_dir": "nowhere"}, "data_dir is 'nowhere', but there is no such folder"),
        ({"split": "test"}, "split is 'test', but must be one of 'filtered', 'all'"),
        ({"image_size": 8}, "image_size is 8"),
        ({"control": "mixed"}, "control='mixed' needs rendered scenes"),
        ({"wording": "nowhere.toml"}, "nowhere.toml cannot be read"),
        ({"wording": 3}, "wording is 3"),
    ],
    ids=str,
)
def test_wrong_arguments_are_said(arguments, said):
    with pytest.raises(InputError, match=said):
        gym.make("ProactiveSketch-v0", **{**OFFICIAL, "data_dir": PARITY, **arguments})


def test_a_scenario_of_ones_own_has_no_official_rows():
    class Fog(type(ProactiveSuiteEnv.scenarios[0])):
        name = "fog"
        dataset = "Fog"

    with pytest.raises(InputError, match="'fog' has no official data set"):
        ProactiveBenchSource(PARITY, "all").size([Fog()])


# --- Checking ---------------------------------------------------------------------------------------------------------


@every_data_set
def test_a_sound_data_set_lacks_only_what_is_not_there(dataset):
    (found,) = check(PARITY, [s for s in ProactiveSuiteEnv.scenarios if s.dataset == dataset])
    (problem,) = found.problems
    assert "published ids" in problem and found.rows == found.lines == 6 and found.pictures > 0


def test_all_that_is_wrong_is_listed(folder):
    hurt_pictures(folder)
    rows = rows_of(folder, "QuickDraw")
    for number, name in enumerate(("{image}_missing.png", "{image}empty.png", "{image}link.png")):
        rows[number]["image_template"] = f"QuickDraw/q0/{name}"
        rows[number]["num_images"] = 1
    for name in ("empty.png", "link.png"):
        (folder / "QuickDraw/q0" / name).rename(folder / f"QuickDraw/q0/0000{name}")
        rows[1 if name == "empty.png" else 2]["reference_image"] = 0
    rows[0]["reference_image"] = 0
    write_rows(folder, "QuickDraw", [*rows, '{"id": 9, '])
    (folder / rows_file("Doodles")).write_text("{}\n")
    for quick in (False, True):
        (found,) = check(folder, [s for s in ProactiveSuiteEnv.scenarios if s.name == "sketch"], quick)
        assert [problem.split(":")[0].rpartition(" ")[2] for problem in found.problems[1:4]] == ["1", "2", "3"]
        for said, problem in zip(("no picture", "empty", "leads out"), found.problems[1:4], strict=True):
            assert said in problem
        assert "line 7" in found.problems[-1] and len(found.problems) == 5
    assert "Doodles_preprocessed.jsonl belongs to no data set" in strangers(folder)[0]


def checked(folder: Path, capsys, *more: str) -> tuple[int, str, str]:
    """The status of ``data check``, and what it says."""
    status = main(["data", "check", str(folder), *more])
    told = capsys.readouterr()
    return status, told.out, told.err


def test_the_command_goes_on_and_lists_all_by_file_and_line(folder, capsys):
    (folder / "ChangeIt_preprocessed.jsonl").unlink()
    rows = rows_of(folder, "QuickDraw")
    rows[1]["prompt"] = 7
    rows[3]["image_template"] = "\x1b[2J{image}.png"  # a terminal is not to obey it
    long = '{"prompt": "' + "x" * 2**20 + '"}\n'
    write_rows(folder, "QuickDraw", [rows[0], rows[1], long, rows[2], rows[3], '{"id": 9, '])
    videos = rows_of(folder, "OcclusionDataSet-MM20")
    write_rows(folder, "OcclusionDataSet-MM20", [{**row, "strong_occlusions": row["id"] > 1} for row in videos])
    (folder / "coco2014" / "000000000003.png").unlink()
    status, told, failed = checked(folder, capsys)
    assert status == 1 and "wrong with" in failed
    for line, said in {
        2: "the field 'prompt' is 7",
        3: "longer than a row can be",
        5: r"There is no picture .*\\x1b\[2J0000\.png",
        6: "no whole JSON object",
    }.items():
        assert re.search(rf"QuickDraw_preprocessed\.jsonl, line {line}\b.*{said}", told)
    assert re.search(r"coco2014_preprocessed\.jsonl, line \d: There is no picture .*000000000003\.png", told)
    assert "There is no ChangeIt_preprocessed.jsonl" in told and "\x1b" not in told
    counts = {line.split("│")[1].strip(): line.split("│")[2:] for line in told.splitlines() if line.startswith("│")}
    assert [int(figure) for figure in counts["OcclusionDataSet-MM20"][:5]] == [6, 2, 4, 63, 0]
    assert [int(figure) for figure in counts["QuickDraw"][:3]] == [6, 0, 3]


def test_the_command_wants_the_folder_with_the_rows(folder, capsys):
    assert checked(folder / "nowhere", capsys)[::2] == (1, f"proactive-gym: There is no folder {folder}/nowhere.\n")
    (folder.parent / "above").mkdir()
    folder.rename(folder.parent / "above" / "test")
    status, _, failed = checked(folder.parent / "above", capsys)
    assert status == 1 and "above/test does" in failed


def test_who_interrupts_a_check_does_not_wait_for_the_rest(folder, monkeypatch):
    looked_at = []

    def broken(box: PictureBox, picture: str, quick: bool) -> None:
        looked_at.append(picture)
        time.sleep(0.01)

    def interrupt(name: str, done: int, of: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(PictureBox, "broken", broken)
    scenarios = [scenario for scenario in ProactiveSuiteEnv.scenarios if scenario.name == "occlusion"]
    with pytest.raises(KeyboardInterrupt):
        list(check(folder, scenarios, watch=interrupt))
    assert 0 < len(looked_at) < 60


@pytest.mark.parametrize("change", [{"num_images": 10**9}, {"max_steps": 10**30}, {"step_size": 10**6}])
def test_a_row_that_would_take_hours_is_refused(folder, change):
    rows = rows_of(folder, "ChangeIt")
    write_rows(folder, "ChangeIt", [{**rows[0], **change}])
    (found,) = check(folder, [scenario for scenario in ProactiveSuiteEnv.scenarios if scenario.name == "video_moment"])
    assert f"'{next(iter(change))}' is" in found.problems[-1] and "100000" in found.problems[-1]
