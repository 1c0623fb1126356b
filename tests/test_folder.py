"""The source ``folder``: anyone's labelled pictures and clips, and all that may be wrong with them."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
from PIL import Image

import proactive_gym
from proactive_gym import InputError
from proactive_gym.cli import main
from proactive_gym.envs import SCENARIOS
from proactive_gym.setting import Setting
from proactive_gym.sources import make_source
from proactive_gym.sources.folder import looking
from proactive_gym.sources.folder.contents import contents_of
from proactive_gym.sources.folder.marks import reel
from proactive_gym.sources.folder.source import FolderSource
from proactive_gym.sources.folder.splits import class_splits
from proactive_gym.sources.scenes.clip import REEL
from proactive_gym.sources.scenes.subjects import SPLITS, drawings
from proactive_gym.world import SUFFICIENT, shortest_route
from tests.folders import (
    BOX,
    CLASSES,
    SIZE,
    clip_frames,
    make_clips,
    make_pictures,
    picture,
    write_table,
    write_video,
)

pytestmark = pytest.mark.filterwarnings("ignore:.*has too few classes for splits that share none")
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
OF_PICTURES = ("occlusion", "image_quality", "framing")
COLOURS = {"red kite": (255, 0, 0), "blue tile": (0, 0, 255), "green sign": (0, 128, 0), "yellow ball": (255, 255, 0)}
COLOURS["white tent"] = (255, 255, 255)


@pytest.fixture(autouse=True)
def memory(tmp_path_factory, monkeypatch) -> Path:
    """Where it is remembered what was seen."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("PROACTIVE_GYM_DATA", str(home))
    return home


@pytest.fixture
def root(tmp_path) -> Path:
    """A folder of good pictures."""
    return make_pictures(tmp_path / "pictures")


def episodes(source: FolderSource, scenario: str, number: int, control=None):
    setting = Setting(control=control)
    for place in range(number):
        name = source.episode_name([BY_NAME[scenario]], place, setting)
        yield source.episode([BY_NAME[scenario]], name, setting)


def reachable(world) -> list:
    found, waiting = [], [world.start]
    while waiting:
        place = waiting.pop()
        if place not in found:
            found.append(place)
            waiting += world.moves(place).values()
    return found


def coloured(picture: np.ndarray, answer: str) -> float:
    """The share of the picture that has the colour of that thing."""
    colour = np.array(COLOURS[answer.removesuffix(".").lower()])
    return float((np.abs(picture.astype(int) - colour).max(-1) < 40).mean())


def wrong_with(folder: Path, **tables) -> str:
    """All that is wrong with a folder."""
    return "\n".join(found.says for found in contents_of(folder, **tables).problems)


# --- Episodes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", OF_PICTURES)
def test_asking_uncovers_what_the_first_picture_hides(root, scenario):
    source = FolderSource(root, image_size=64)
    for episode in episodes(source, scenario, 30):
        world, answer = episode.world, episode.texts[episode.answer]
        first, best = source.paint([world.picture(world.start), world.picture(world.best)])
        assert world.sufficiency(world.start) < 0.1 and world.sufficiency(world.best) == 1.0
        assert coloured(best, answer) > 0.03
        if scenario != "image_quality":  # where noise has any colour
            assert coloured(first, answer) < 0.25 * coloured(best, answer) or "blocks" in episode.question
        assert shortest_route(world, world.start, episode.turns - 1)


@pytest.mark.parametrize("scenario", OF_PICTURES)
def test_where_asking_cannot_help_no_picture_shows_more(root, scenario):
    source = FolderSource(root, image_size=64)
    for helpful, helpless in zip(
        episodes(source, scenario, 20), episodes(source, scenario, 20, control="unhelpful"), strict=True
    ):
        assert helpful.texts == helpless.texts or scenario == "image_quality"
        places = reachable(helpless.world)
        assert max(helpless.world.sufficiency(place) for place in places) < SUFFICIENT
        if scenario == "framing":  # the print's edge tells from the first picture on that there is nothing more
            frames = [world.picture(world.start) for world in (helpful.world, helpless.world)]
            assert (frames[0] != frames[1]) and (np.diff(source.paint(frames), axis=0) != 0).any()


@pytest.mark.parametrize("hidden", [True, False])
@pytest.mark.parametrize("as_video", [False, True])
def test_a_clip_begins_where_its_subject_is_not_to_be_seen(tmp_path, hidden, as_video):
    root = make_clips(tmp_path / "clips", hidden)
    if as_video:
        pytest.importorskip("av")
        for clip in root.glob("*/clip*"):
            files = sorted(clip.iterdir(), key=lambda file: int(file.stem))
            write_video(clip.with_suffix(".mp4"), [Image.open(file) for file in files])
            shutil.rmtree(clip)
        marks = (root / "clips.csv").read_text().replace(",", ".mp4,", 1).splitlines()
        marks = [marks[0].replace(".mp4", ""), *(line.replace(",", ".mp4,", 1) for line in marks[1:])]
        (root / "clips.csv").write_text("\n".join(line.replace(".mp4.mp4", ".mp4") for line in marks))
    source = FolderSource(root, image_size=64)
    scenario = "video_occlusion" if hidden else "video_moment"
    assert [item.name for item in SCENARIOS if source.drives(item)] == [scenario]
    for episode in episodes(source, scenario, 12):
        world, answer = episode.world, episode.texts[episode.answer]
        for place in reachable(world):
            share = coloured(source.paint([world.picture(place)])[0], answer)
            assert (share > 0.02) == (world.sufficiency(place) == 1.0), (episode.name, place, share)
        assert world.sufficiency(world.start) == 0.0
        assert shortest_route(world, world.start, episode.turns - 1)
    for episode in episodes(source, scenario, 4, control="unhelpful"):
        shown = source.paint([episode.world.picture(place) for place in reachable(episode.world)])
        assert all(np.array_equal(shown[0][:56], other[:56]) for other in shown), "a lost recording never changes"


def test_the_suite_plays_a_folder_in_a_batch_as_one_by_one(root):
    lanes = gym.make_vec("ProactiveSuite-v0", num_envs=6, source="folder", data_dir=str(root), image_size=48)
    obs, info = lanes.reset(seed=3)
    for lane in range(6):
        env = gym.make("ProactiveSuite-v0", source="folder", data_dir=str(root), image_size=48)
        alone, told = env.reset(seed=3 + lane)
        assert told["episode"] == info["episode"][lane] and told["episode"].startswith("folder/")
        assert np.array_equal(alone["image"], obs["image"][lane])
    with pytest.raises(InputError, match="pictures are not such that sketch"):
        gym.make("ProactiveSketch-v0", source="folder", data_dir=str(root))


def test_the_oracle_is_right_on_a_folder(root):
    source, oracle = FolderSource(root, image_size=48), proactive_gym.make_agent("oracle")
    for env in ("ProactiveOcclusion-v0", "ProactiveFraming-v0"):
        played = list(proactive_gym.rollouts(oracle, env, episodes=12, source=source))
        assert [trajectory.outcome.value for trajectory in played] == ["correct"] * 12


def test_worked_examples_show_other_pictures(root):
    source = FolderSource(root)
    practice = source.for_practice()
    assert practice.split == "train"
    files = [
        {likeness.file for item in of.catalogue.of(of.split) for likeness in item.likenesses}
        for of in (source, practice)
    ]
    assert files[0] and files[1] and not files[0] & files[1]


def test_a_source_goes_into_other_processes(root):
    source = FolderSource(root, image_size=48)
    again = pickle.loads(pickle.dumps(source))
    (one,), (other,) = episodes(source, "occlusion", 1), episodes(again, "occlusion", 1)
    assert np.array_equal(source.paint([one.world.picture(0)]), again.paint([other.world.picture(0)]))


# --- Splits -----------------------------------------------------------------------------------------------------------


def test_few_classes_share_splits_but_no_pictures(root):
    with pytest.warns(UserWarning, match="all splits have all classes, and share no pictures"):
        sources = [FolderSource(root, split) for split in SPLITS]
    seen = [{like.file for item in of.catalogue.of(of.split) for like in item.likenesses} for of in sources]
    assert [len(files) for files in seen] == [10, 5, 5]
    assert len(set.union(*seen)) == 20


def test_many_classes_are_divided_and_known_names_stay_where_the_drawings_have_them(tmp_path):
    names = [f"thing_{number}" for number in range(10)] + ["dog", "apple", "hammer"]
    root = make_pictures(tmp_path / "many", 1, names)
    subjects = FolderSource(root).catalogue.subjects
    assert {name: subjects[name].split for name in names[10:]} == {
        name: drawings().subjects[name].split for name in names[10:]
    }
    assert min(len(FolderSource(root).catalogue.of(split)) for split in SPLITS) >= 4


def test_every_split_gets_enough_classes_for_a_menu_wherever_that_is_possible():
    for number in range(30):
        splits = class_splits([f"thing {place}" for place in range(number)])
        assert (splits is None) == (number < 12)
        if splits is not None:
            assert min(list(splits.values()).count(split) for split in SPLITS) >= 4


# --- What may be wrong ------------------------------------------------------------------------------------------------


def cmyk(file: Path) -> None:
    picture("red_kite", 1).convert("CMYK").save(file.with_suffix(".jpg"))


def deep(file: Path) -> None:
    Image.fromarray(np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)).save(file)


def animated(file: Path) -> None:
    frames = [picture("red_kite", seed) for seed in (1, 2)]
    frames[0].save(file.with_suffix(".gif"), save_all=True, append_images=frames[1:])


def pipe(file: Path) -> None:
    os.mkfifo(file)


def link_out(file: Path) -> None:
    outside = file.parents[2] / "secret.png"
    picture("red_kite", 5).save(outside)
    file.symlink_to(outside)


def cut_short(file: Path) -> None:
    picture("red_kite", 1, (300, 300)).save(file)
    file.write_bytes(file.read_bytes()[:2000])


BAD = {
    "unreadable": (lambda file: file.write_bytes(b"no picture at all"), "cannot be read: it is none of JPEG"),
    "empty": (lambda file: file.write_bytes(b""), "cannot be read: it is empty"),
    "cut short": (cut_short, "cannot be read:"),
    "tiny": (lambda file: picture("red_kite", 1, (40, 20)).save(file), "has 40 × 20 pixels, but must have at least 32"),
    "huge": (lambda file: Image.new("1", (9000, 9000)).save(file), "has 9000 × 9000 pixels, more than the"),
    "animated": (animated, "is animated or has several pages"),
    "CMYK": (cmyk, "has CMYK colours"),
    "16-bit": (deep, "has more than 8 bits a colour"),
    "mislabelled": (
        lambda file: picture("red_kite", 1).save(file.with_suffix(".jpg"), format="PNG"),
        "is named like a JPEG file, but holds a PNG one",
    ),
    "same": (lambda file: shutil.copy(file.parent / "1.png", file), "is the same picture as red_kite/1.png"),
    "same name": (
        lambda file: picture("red_kite", 7).save(file.with_name("1.JPG"), format="JPEG"),
        "red_kite/1.png has the name of red_kite/1.JPG",
    ),
    "link": (link_out, "is a link out of the folder"),
    "dead link": (lambda file: file.symlink_to("nothing.png"), "is a link that leads nowhere"),
    "loop": (lambda file: file.symlink_to(file.name), "is a link that leads nowhere"),
    "pipe": (pipe, "is neither a file nor a folder"),
    "text": (lambda file: file.with_suffix(".txt").write_text("x"), "is neither picture nor video"),
    "control characters": (lambda file: file.with_name("a\x1b[31m.png").write_bytes(b"x"), "cannot be shown; rename"),
}


@pytest.mark.parametrize("kind", BAD)
def test_every_bad_file_is_named_and_left_out_if_the_user_says_so(tmp_path, kind):
    root = make_pictures(tmp_path / "pictures", boxes=False)
    make, says = BAD[kind]
    make(root / "red_kite" / "bad.png")
    with pytest.raises(InputError, match="skip_bad=True, --skip-bad") as refused:
        FolderSource(root)
    assert says in str(refused.value) and "red_kite/" in str(refused.value)
    assert str(refused.value).isprintable()
    with pytest.warns(UserWarning, match="Left out: red_kite/"):
        source = FolderSource(root, image_size=48, skip_bad=True)
    assert len(source.skipped) == 1 and says in source.skipped[0].says
    for split in SPLITS:
        for item in FolderSource(root, split, skip_bad=True).catalogue.of(split):
            names = {Path(likeness.file).name for likeness in item.likenesses}
            assert names <= {"1.png", "2.png", "3.png", "4.png", "1.JPG"}
    assert all(source.paint([episode.world.picture(0)]).any() for episode in episodes(source, "occlusion", 8))


def test_several_bad_files_are_counted_and_the_command_lists_all(root, capsys):
    for number in range(6):
        (root / "red_kite" / f"bad{number}.png").write_bytes(b"none")
    with pytest.raises(InputError, match=r"12 things are wrong .* … and 9 more|6 things are wrong .* … and 3 more"):
        FolderSource(root)
    assert main(["data", "check", str(root)]) == 1
    out, err = capsys.readouterr()
    assert [f"red_kite/bad{number}.png" in out for number in range(6)] == [True] * 6
    assert "5 classes, 20 of 26 pictures and clips can be shown" in out and "wrong with" in err
    assert main(["data", "check", str(make_pictures(root.parent / "good"))]) == 0
    assert "All is well" in capsys.readouterr().out


@pytest.mark.slow
def test_the_command_line_leaves_bad_files_out_if_told_so(root, tmp_path, capsys):
    (root / "red_kite" / "bad.png").write_bytes(b"none")
    run = ["eval", "--agent", "random", "--env", "ProactiveOcclusion-v0", "--episodes", "4", "--image-size", "48"]
    run += ["--source", "folder", "--data-dir", str(root), "--out", str(tmp_path / "run")]
    assert main(run) == 1
    assert "red_kite/bad.png cannot be read" in capsys.readouterr().err
    with pytest.warns(UserWarning, match="Left out: red_kite/bad.png"):
        assert main([*run, "--skip-bad"]) == 0


def test_only_this_source_leaves_files_out(root):
    (root / "red_kite" / "3.png").write_bytes(b"none")
    with pytest.warns(UserWarning, match="Left out: red_kite/3.png"):
        env = gym.make("ProactiveOcclusion-v0", source="folder", data_dir=str(root), image_size=48, skip_bad=True)
    assert len(env.unwrapped.source.skipped) == 1  # the picture; its line in the table is not wrong besides
    with pytest.raises(InputError, match="'scenes' leaves nothing out"):
        make_source("scenes", skip_bad=True)
    with pytest.raises(InputError, match="skip_bad is 'yes', but must be True or False"):
        gym.make("ProactiveOcclusion-v0", source="folder", data_dir=str(root), skip_bad="yes")


def test_a_class_without_pictures_and_too_few_classes_are_named(root, tmp_path):
    (root / "nothing").mkdir()
    assert "nothing is a class without a picture or a clip" in wrong_with(root)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="has 0 classes"):
        FolderSource(tmp_path / "empty")
    with pytest.raises(InputError, match=r"has 1 classes .*'red kite'.* a menu has four answers"):
        FolderSource(make_pictures(tmp_path / "one", classes=["red_kite"]))
    with pytest.raises(InputError, match="there is no such folder"):
        FolderSource(tmp_path / "missing")
    with pytest.raises(InputError, match="needs data_dir"):
        FolderSource()


def test_names_come_from_a_table_and_are_those_of_one_class(root):
    columns = ("folder", "name", "mistaken_for")
    write_table(root / "names.csv", columns, [("red_kite", "paper dragon", ""), ("blue_tile", "slate", "white tent")])
    subjects = FolderSource(root).catalogue.subjects
    assert "paper dragon" in subjects and "red kite" not in subjects
    assert subjects["slate"].mistaken_for == {"white tent"} and subjects["white tent"].mistaken_for == {"slate"}
    write_table(root / "names.csv", columns, [("red_kite", "White Tent", ""), ("blue_tile", "A.\nB. Yes", "")])
    wrong = wrong_with(root)
    assert "is called 'white tent', as red_kite is" in wrong or "is called 'White Tent', as white_tent is" in wrong
    assert "blue_tile has a name that is empty, longer than 60, or unprintable" in wrong
    write_table(root / "names.csv", ("folder", "title"), [])
    with pytest.raises(InputError, match=r"must have folder,name,\[kind\],\[mistaken_for\]"):
        FolderSource(root)


def test_pictures_are_held_upright(tmp_path):
    """As a camera held on its side saves them: the box is that of the picture as it is to be seen."""
    root = make_pictures(tmp_path / "pictures", boxes=False)
    file = root / "red_kite" / "1.jpg"
    (root / "red_kite" / "1.png").unlink()
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter to be seen
    picture("red_kite", 1).rotate(90, expand=True).save(file, exif=exif, quality=95)
    shown = next(thing for thing in contents_of(root).things if thing.name == "red kite").likenesses
    upright = next(likeness for likeness in shown if likeness.file == str(file))
    assert (upright.width, upright.height) == SIZE
    wanted = picture("red_kite", 1).crop((32, 24, 128, 96))  # the middle
    shown = np.asarray(upright.picture().convert("RGB")).astype(int)
    assert np.abs(shown - np.asarray(wanted)).mean() < 6


def test_what_shows_through_is_grey(tmp_path):
    root = make_pictures(tmp_path / "pictures", boxes=False)
    Image.new("RGBA", SIZE, (255, 0, 0, 0)).save(root / "red_kite" / "1.png")
    shown = next(thing for thing in contents_of(root).things if thing.name == "red kite").likenesses[0]
    assert np.unique(np.asarray(shown.picture().convert("RGB"))).tolist() == [128]


def test_a_picture_that_changes_later_is_named_when_it_is_shown(root):
    source = FolderSource(root, image_size=48)
    for file in root.glob("*/*.png"):
        file.write_bytes(b"gone")
    with pytest.raises(InputError, match=r"The picture .*\.png cannot be read"):
        source.paint([next(episodes(source, "occlusion", 1)).world.picture(0)])


# --- Boxes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ((100, 30, 300, 90), "is partly outside the 160 × 120 pixels"),
        ((-20, 30, 60, 90), "is partly outside"),
        ((90, 30, 40, 90), "which holds nothing"),
        (("nan", 30, 40, 90), "which holds nothing"),
        ((50, 30, 55, 36), "16 pixels is the least"),
    ],
)
def test_boxes_that_cannot_be_are_named(root, row, says):
    lines = (root / "boxes.csv").read_text().splitlines()
    lines[1] = ",".join(["red_kite/1.png", *map(str, row)])
    (root / "boxes.csv").write_text("\n".join(lines))
    wrong = wrong_with(root)
    assert wrong.startswith("boxes.csv, line 2, (red_kite/1.png) has the box") and says in wrong
    assert wrong.count("\n") == 0


def test_tables_of_boxes_that_do_not_fit_the_pictures_are_named(root):
    lines = (root / "boxes.csv").read_text().splitlines()
    (root / "boxes.csv").write_text("\n".join([*lines[:-1], "red_kite/9.png,1,2,30,40"]))
    wrong = wrong_with(root)
    assert "is about 'red_kite/9.png', which is no picture here" in wrong
    assert "white_tent/4.png has no box of 'white tent' in boxes.csv" in wrong
    for text, says in (
        ("file,left\n", "begins with the columns 'file,left'"),
        (f"{lines[0]}\nred_kite/1.png,1,2\n", "line 2, does not have 5 fields"),
        (f"{lines[0]}\nred_kite/1.png,a,2,3,4\n", "has a box that is no number"),
    ):
        (root / "boxes.csv").write_text(text)
        with pytest.raises(InputError, match=says):
            FolderSource(root)
    (root / "boxes.csv").write_bytes(b"file,left,top,right,bottom\n\xff\xfe,1,2,3,4\n")
    with pytest.raises(InputError, match="as a table in UTF-8"):
        FolderSource(root)


def coco(root: Path, **changes) -> dict:
    files = sorted(file.relative_to(root).as_posix() for file in root.glob("*/*.png"))
    noted = {
        "images": [
            {"id": number, "file_name": file, "width": SIZE[0], "height": SIZE[1]} for number, file in enumerate(files)
        ],
        "categories": [{"id": number, "name": name.replace("_", " ")} for number, name in enumerate(CLASSES)],
        "annotations": [
            {
                "id": number,
                "image_id": number,
                "category_id": list(CLASSES).index(file.split("/")[0]),
                "bbox": [BOX[0], BOX[1], BOX[2] - BOX[0], BOX[3] - BOX[1]],
            }
            for number, file in enumerate(files)
        ],
    }
    return noted | changes


def test_boxes_in_cocos_format_are_the_same_boxes(root):
    by_table = {item.file: item.box for thing in contents_of(root).things for item in thing.likenesses}
    (root / "boxes.csv").unlink()
    (root / "annotations.json").write_text(json.dumps(coco(root)))
    assert {item.file: item.box for thing in contents_of(root).things for item in thing.likenesses} == by_table
    elsewhere = root.parent / "elsewhere.json"
    (root / "annotations.json").rename(elsewhere)
    assert FolderSource(root, boxes=elsewhere).skipped == ()


def test_several_boxes_of_a_class_become_one_around_all_and_others_do_not_count(root):
    (root / "boxes.csv").unlink()
    noted = coco(root)
    more = [
        {"image_id": 0, "category_id": noted["annotations"][0]["category_id"], "bbox": [10, 20, 20, 20]},
        {"image_id": 0, "category_id": noted["annotations"][-1]["category_id"], "bbox": [0, 0, 159, 119]},
    ]
    (root / "annotations.json").write_text(json.dumps(noted | {"annotations": [*noted["annotations"], *more]}))
    file = str(root / noted["images"][0]["file_name"])
    box = next(like.box for thing in contents_of(root).things for like in thing.likenesses if like.file == file)
    assert (box.left, box.top, box.right, box.bottom) == (10, 20, BOX[2], BOX[3])


def test_annotations_that_name_another_thing_are_named(root):
    (root / "boxes.csv").unlink()
    noted = coco(root)
    noted["annotations"][0]["category_id"] = (noted["annotations"][0]["category_id"] + 1) % len(CLASSES)
    noted["images"][1]["width"] = 99
    (root / "annotations.json").write_text(json.dumps(noted))
    wrong = wrong_with(root)
    assert "has no box of 'blue tile' in annotations.json; it marks something else there" in wrong
    assert "is of a picture of 99 × 120 pixels, but held upright it has 160 × 120" in wrong


@pytest.mark.parametrize("text", ["{", "[]", '{"images": []}', "[" * 100_000, '{"images": 3, "categories": []}'])
def test_annotations_that_are_none_are_refused(root, text):
    (root / "boxes.csv").unlink()
    (root / "annotations.json").write_text(text)
    with pytest.raises(InputError, match="cannot be read as annotations in COCO's format"):
        FolderSource(root)


# --- Clips ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (("red_kite/clip0", 0, 5, "absent"), "must mark frames from 1 to 20"),
        (("red_kite/clip0", 8, 25, "absent"), "must mark frames from 1 to 20"),
        (("red_kite/clip0", 8, "ten", "absent"), "must mark frames from 1 to 20"),
        (("red_kite/clip0", 1, 20, "absent"), "shows its subject in every frame"),
        (("red_kite/clip0", 8, 9, "gone"), "says 'gone', but must say 'hidden' or 'absent'"),
        (("red_kite/clip9", 8, 9, "absent"), "is about 'red_kite/clip9', which is no clip here"),
    ],
)
def test_marks_that_cannot_be_are_named(tmp_path, row, says):
    root = make_clips(tmp_path / "clips", hidden=False, number=1)
    lines = (root / "clips.csv").read_text().splitlines()
    (root / "clips.csv").write_text("\n".join([lines[0], ",".join(map(str, row)), *lines[2:]]))
    assert says in wrong_with(root)


def test_clips_without_marks_or_with_bad_frames_are_named(tmp_path):
    root = make_clips(tmp_path / "clips", hidden=False)
    (root / "red_kite" / "clip0" / "3.jpg").write_bytes(b"none")
    shutil.rmtree(root / "red_kite" / "clip1")
    (root / "red_kite" / "clip1").mkdir()
    (root / "blue_tile" / "clip0" / "notes.doc").write_bytes(b"x")
    wrong = wrong_with(root)
    assert "red_kite/clip0/3.jpg cannot be read" in wrong
    assert "red_kite/clip1 is a clip without a frame" in wrong
    assert "blue_tile/clip0/notes.doc is no frame of a clip" in wrong
    (root / "clips.csv").unlink()
    assert "white_tent/clip0 is a clip, but no clips.csv says in which frames" in wrong_with(root)


def test_frames_are_in_natural_order(tmp_path):
    root = make_clips(tmp_path / "clips", hidden=False, number=1)
    clip = next(thing for thing in contents_of(root).things if thing.name == "red kite").likenesses[0]
    assert [Path(file).stem for file in clip.files] == [str(number) for number in range(1, 21)]
    assert [number + 1 for number, shown in enumerate(clip.shows) if shown] == [8, 9, 10, 11]


def test_of_a_long_clip_some_frames_are_kept_and_none_of_its_moments_is_lost():
    shows = [False] * 1000
    shows[500:502] = [True] * 2
    shows[777] = True
    kept = reel(shows)
    assert REEL <= len(kept) <= REEL + 2 and kept == tuple(sorted(kept))
    assert {500, 777} <= set(kept) and (kept[0], kept[-1]) == (0, 999)


def test_videos_that_are_none_are_named(tmp_path):
    pytest.importorskip("av")
    root = make_clips(tmp_path / "clips", hidden=False, number=1)
    secret = tmp_path / "secret.mp4"
    write_video(secret, clip_frames("red_kite", 1, range(3, 5), False))
    (root / "red_kite" / "none.mp4").write_bytes(b"no video")
    (root / "red_kite" / "list.mp4").write_text(f"#EXTM3U\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n")
    (root / "red_kite" / "concat.mkv").write_text(f"ffconcat version 1.0\nfile '{secret}'\n")
    whole = secret.read_bytes()
    (root / "red_kite" / "half.mp4").write_bytes(whole[: len(whole) // 2])
    (root / "red_kite" / "fine.mp4").write_bytes(whole)
    lines = (root / "clips.csv").read_text()
    (root / "clips.csv").write_text(lines + "red_kite/fine.mp4,3,4,absent\n")
    wrong = wrong_with(root)
    for name in ("none.mp4", "list.mp4", "concat.mkv", "half.mp4"):
        assert f"red_kite/{name} cannot be read" in wrong, wrong
    assert "fine.mp4" not in wrong


# --- Looking once -----------------------------------------------------------------------------------------------------


def test_what_was_looked_at_is_not_looked_at_again_until_it_changes(root, memory, monkeypatch):
    looked = []
    monkeypatch.setattr(looking, "_look", lambda path, real=looking._look: looked.append(path.name) or real(path))
    FolderSource(root)
    assert len(looked) == 20
    FolderSource(root)
    assert len(looked) == 20
    (root / "red_kite" / "1.png").write_bytes(b"changed")
    assert "red_kite/1.png cannot be read" in wrong_with(root)
    assert len(looked) == 21
    assert {path.parent for path in root.rglob("*") if path.is_file()} == {root, *(root / name for name in CLASSES)}
    for text in ("{", "[]", '{"version": 1, "files": {"red_kite/2.png": [[1, 2], "x"]}}', "null"):
        next(memory.rglob("*.json")).write_text(text)
        assert "red_kite/1.png cannot be read" in wrong_with(root)


# --- Real photographs -------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_photographs_of_other_packages_can_be_shown(tmp_path):
    """Those that foolbox, scikit-image and scikit-learn bring, without boxes: whatever is in the middle counts."""
    kept = {
        **{"foolbox": "data/*.jpg", "skimage": "data/[cr]*.*g"},
        **{"sklearn": "datasets/images/*.jpg"},
    }
    for package, pattern in kept.items():
        module = pytest.importorskip(package, reason="needs the extra photos")
        for file in Path(module.__file__).parent.glob(pattern):
            folder = tmp_path / "real" / f"thing {file.stem}"
            folder.mkdir(parents=True)
            shutil.copy(file, folder)
    source = FolderSource(tmp_path / "real", skip_bad=True, image_size=64)
    assert len(source.catalogue.subjects) >= 24
    for scenario in ("occlusion", "image_quality"):
        for episode in episodes(source, scenario, 20):
            world = episode.world
            first, best = source.paint([world.picture(world.start), world.picture(world.best)])
            assert np.abs(first.astype(int) - best).mean() > 10 and best.std() > 10
            assert world.sufficiency(world.start) < 0.1 and world.sufficiency(world.best) == 1.0
