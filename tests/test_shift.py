"""What is left of agents on other sources, and what of a run says whose pictures it shows."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

import proactive_gym
from proactive_gym.cli import main
from proactive_gym.envs import SCENARIOS
from proactive_gym.errors import InputError
from proactive_gym.evaluation import Progress, evaluate
from proactive_gym.evaluation.shift import shift
from proactive_gym.setting import Setting
from proactive_gym.sources import make_source
from proactive_gym.sources.installing import PACKAGES
from proactive_gym.sources.photos import manifest
from proactive_gym.sources.scenes.frame import Box
from proactive_gym.sources.scenes.subjects import drawings
from tests.folders import make_pictures

OCCLUSION, FRAMING, SKETCH = "ProactiveOcclusion-v0", "ProactiveFraming-v0", "ProactiveSketch-v0"
SMALL = {"episodes": 24, "image_size": 32}


@pytest.fixture(scope="module")
def stamps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every stamp that the source `photos` knows, in one colour each, long or high."""
    folder = tmp_path_factory.mktemp("stamps")
    for place, row in enumerate(manifest()):
        file = folder / row["file"]
        file.parent.mkdir(parents=True, exist_ok=True)
        stream = io.BytesIO()
        Image.new("RGBA", (40, (10, 30, 90)[place % 3]), f"hsl({place * 7 % 360},80%,50%)").save(stream, "PNG")
        file.write_bytes(stream.getvalue())
    return folder


@pytest.fixture
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROACTIVE_GYM_DATA", str(tmp_path / "home"))
    for name, package in list(PACKAGES.items()):
        monkeypatch.setitem(PACKAGES, name, replace(package, system=None))


def test_who_knows_the_answer_loses_nothing_and_who_guesses_little(stamps: Path, tmp_path: Path):
    found = shift(["oracle", "never-ask"], tmp_path, {"photos": str(stamps)}, [OCCLUSION, FRAMING], **SMALL)
    oracle = [one for one in found.shifts if one.agent == "oracle"]
    assert {one.env for one in oracle} == {OCCLUSION, FRAMING, "mean"}
    assert {one.among for one in oracle} == {"all", "known"}
    assert all(one.left.value == one.there.accuracy.value == 1 and one.there.asked.value == 1 for one in oracle)
    guesses = next(one for one in found.shifts if (one.agent, one.env, one.among) == ("never-ask", "mean", "all"))
    assert guesses.there.asked.value == guesses.base.asked.value == 0
    assert guesses.there.episodes == guesses.base.episodes == 48
    assert guesses.left.low < guesses.left.value < guesses.left.high
    assert guesses.left.value == pytest.approx(guesses.there.accuracy.value / guesses.base.accuracy.value)


def test_known_subjects_are_those_that_the_drawings_name(stamps: Path, tmp_path: Path):
    told: list[Progress] = []
    found = shift("oracle", tmp_path, {"photos": str(stamps)}, [OCCLUSION], watch=told.append, **SMALL)
    assert {one.episodes for one in told} == {len(told)} and told[-1].agent == "oracle on photos"
    known, every = (
        next(one.there.episodes for one in found.shifts if one.among == among) for among in ("known", "all")
    )
    names = {subject.option for subject in drawings().subjects.values()}
    rows = found.runs["photos"].rows
    assert known == sum(row["options"][row["answer"]] in names for row in rows) and 0 < known < every == len(rows)


def test_a_source_plays_what_it_drives(stamps: Path, tmp_path: Path):
    with pytest.warns(UserWarning, match="'photos' has no pictures for ProactiveSketch-v0"):
        found = shift("oracle", tmp_path, {"photos": str(stamps)}, [SKETCH, OCCLUSION], episodes=3, image_size=32)
    for run in found.runs.values():
        assert {row["env"] for row in run.rows} == {OCCLUSION}
    with pytest.warns(UserWarning, match="ProactiveSketch-v0"), pytest.raises(InputError, match="sketch can be made"):
        evaluate("oracle", "all", source="photos", data_dir=str(stamps), episodes=1, image_size=32)
        evaluate("oracle", [SKETCH], source="photos", data_dir=str(stamps), episodes=1, image_size=32)


def test_the_command(stamps: Path, tmp_path: Path, nothing_installed: None, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "shift"
    command = ["shift", "--agent", "oracle", "--env", OCCLUSION, "--episodes", "4", "--image-size", "32"]
    assert main([*command, "--out", str(out)]) == 1
    assert "There is no other source to go to." in (said := capsys.readouterr().err) and "data install photos" in said
    assert main([*command, "--to", f"photos={stamps}", "--out", str(out)]) == 0
    assert "photos" in capsys.readouterr().out
    rows = list(csv.DictReader((out / "shift.csv").open(encoding="utf-8")))
    assert (rows[0]["source"], rows[0]["subjects"], rows[0]["left"]) == ("photos", "all", "1")
    for folder in ("scenes", "photos"):
        assert (out / folder / "report.html").exists() and (out / folder / "episodes.jsonl").exists()
    pages = {name: (out / name).read_text(encoding="utf-8") for name in ("shift.html", "photos/report.html")}
    assert all("Tux Paint" in page and "OpenMoji" in page for page in pages.values())
    assert "Tux Paint" not in (out / "scenes/report.html").read_text(encoding="utf-8")
    before = (out / "photos/episodes.jsonl").read_bytes()
    shift("oracle", out, {"photos": str(stamps)}, [OCCLUSION], episodes=4, image_size=32)
    assert (out / "photos/episodes.jsonl").read_bytes() == before


@pytest.mark.filterwarnings("ignore:.*(has too few classes|has no pictures for)")
def test_pictures_of_ones_own_are_gone_to_by_their_folder(tmp_path: Path, nothing_installed: None):
    pictures, out = make_pictures(tmp_path / "pictures"), tmp_path / "shift"
    command = ["shift", "--agent", "oracle", "--to", f"folder={pictures}", "--episodes", "3", "--image-size", "32"]
    assert main([*command, "--out", str(out)]) == 0
    rows = [row for row in csv.DictReader((out / "shift.csv").open(encoding="utf-8")) if row["subjects"] == "all"]
    driven = {f"Proactive{name}-v0" for name in ("Occlusion", "ImageQuality", "Framing")}
    assert {row["source"] for row in rows} == {"folder"} and {row["env"] for row in rows} == {*driven, "mean"}
    assert {row["left"] for row in rows} == {"1"}
    assert len((out / "folder/episodes.jsonl").read_text(encoding="utf-8").splitlines()) == 9


@pytest.mark.parametrize(
    "words, complaint",
    [
        (["--source", "photos"], "--source is given"),
        (["--to", "scenes"], "'scenes', which all others are compared with"),
        (["--to", "potos"], "did you mean 'photos'"),
        (["--to", "photos", "--to", "photos=x"], "names 'photos' twice"),
        (["--to", "photos"], "data install photos"),
    ],
)
def test_wrong_words(
    words: list[str], complaint: str, tmp_path: Path, nothing_installed: None, capsys: pytest.CaptureFixture[str]
):
    assert main(["shift", "--agent", "oracle", "--out", str(tmp_path / "out"), *words]) == 1
    assert complaint in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_photographs_keep_the_contract(stamps: Path):
    source = make_source("photos", str(stamps), "train")
    catalogue = source.catalogue
    assert len(catalogue.subjects) > 150 and "Tux Paint" in source.attribution and "OpenMoji" in source.attribution
    for subject in catalogue.subjects.values():
        if subject.name in drawings().subjects:
            assert subject.split == drawings().subjects[subject.name].split
        assert len(subject.lookalikes) >= 3 and subject.name not in subject.lookalikes
        assert not set(subject.lookalikes) & subject.mistaken_for
        assert {catalogue.subjects[name].split for name in subject.lookalikes} == {subject.split}
    assert catalogue.subjects["cow"].mistaken_for >= {"bull", "yak"}
    assert len(catalogue.subjects["penguin"].likenesses) == 3
    played = proactive_gym.rollouts(
        proactive_gym.make_agent("oracle"),
        "ProactiveSuite-v0",
        episodes=12,
        source="photos",
        data_dir=str(stamps),
        image_size=32,
    )
    assert all(one.outcome is proactive_gym.Outcome.CORRECT for one in played)


def test_the_rug_tells_nothing_of_a_photographs_shape(stamps: Path):
    """As much of both is in the first picture, whether what lies on the rug is long or high."""
    source = make_source("photos", str(stamps), "train", 32)
    (framing,) = (scenario for scenario in SCENARIOS if scenario.name == "framing")
    seen, shapes = defaultdict(set), set()
    for place in range(150):
        world = source.episode([framing], f"photos/framing/train/{place}", Setting()).world
        box, window = world.subject.box, world.window(world.start)
        shapes.add(round(box.width / box.height, 1))
        for axis, ways in (
            ("x", {"camera_left", "camera_right", "farther"}),
            ("y", {"camera_up", "camera_down", "farther"}),
        ):
            if ways & set(world.ways):
                seen[axis, len(world.ways), "farther" in world.ways].add(
                    tuple(round(_inside(layer.seen_through(window), axis), 6) for layer in (world.rug.box, box))
                )
    assert len(shapes) > 2 and len(seen) == 6 and all(len(extents) == 1 for extents in seen.values())


def _inside(box: Box, axis: str) -> float:
    """How far the box reaches into the picture from whichever side it is at."""
    return min(box.right, 1 - box.left) if axis == "x" else min(box.bottom, 1 - box.top)


@pytest.mark.slow
def test_the_installed_photographs_can_all_be_shown(capsys: pytest.CaptureFixture[str]):
    try:
        make_source("photos")
    except InputError as error:
        pytest.skip(str(error))
    assert main(["data", "check", "photos"]) == 0
