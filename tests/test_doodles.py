"""People's drawings: stroke files that may mean harm, packaged pictures that are traced, pens that keep the order."""

from __future__ import annotations

import gzip
import json
import warnings

import gymnasium as gym
import numpy as np
import pytest
from PIL import Image, ImageDraw

from proactive_gym import InputError
from proactive_gym.cli import main
from proactive_gym.draw import Draw
from proactive_gym.envs import SCENARIOS
from proactive_gym.setting import Setting
from proactive_gym.sources import make_source
from proactive_gym.sources.doodles import stroke_files, traced_files
from proactive_gym.sources.doodles.bitmaps import NUMBER, SIDE
from proactive_gym.sources.doodles.likenesses import Doodle
from proactive_gym.sources.doodles.source import catalogue
from proactive_gym.sources.doodles.tracing import traced
from proactive_gym.sources.doodles.words import words
from proactive_gym.sources.installing import home, is_installed
from proactive_gym.sources.scenes.hand import Hand, thread
from proactive_gym.sources.scenes.pen import PenDrawing
from proactive_gym.sources.scenes.source import ScenesSource
from proactive_gym.sources.scenes.subjects import SPLITS, drawings

WORDS = (
    "cat",
    "fork",
    "cell phone",
    "castle",
    "saw",
    "tennis racquet",
    "crab",
    "giraffe",
    "bus",
    "owl",
    "square dance",
)
LEFT_THEN_RIGHT = [[[0, 60, 60, 0, 0], [0, 0, 90, 90, 0]], [[140, 200, 200, 140], [0, 0, 90, 90]], [[170], [40]]]


@pytest.fixture(autouse=True)
def caches(tmp_path, monkeypatch):
    """What is found out about files goes where no other test sees it."""
    monkeypatch.setenv("PROACTIVE_GYM_DATA", str(tmp_path / "caches"))
    traced_files.traced_drawings.cache_clear()


def line(word="cat", drawing=LEFT_THEN_RIGHT, **more):
    return json.dumps({"word": word, "countrycode": "NL", "recognized": True, "drawing": drawing, **more}) + "\n"


def with_times(drawing):
    return [[*stroke, [17 * step for step in range(len(stroke[0]))]] for stroke in drawing]


@pytest.fixture
def folder(tmp_path):
    """Stroke files of a few words, three drawings each, the second not recognised."""
    folder = tmp_path / "strokes"
    folder.mkdir()
    for place, word in enumerate(WORDS):
        moved = [[[x + place for x in stroke[0]], stroke[1]] for stroke in LEFT_THEN_RIGHT]
        text = line(word) + line(word, recognized=False) + "\n" + line(word, moved)
        (folder / f"full_simplified_{word}.ndjson").write_text(text)
    return folder


def test_sketches_of_a_folder_of_stroke_files_are_played(folder):
    env = gym.make(
        "ProactiveSketch-v0", source="doodles", data_dir=str(folder), image_size=64, disable_env_checker=True
    )
    first, info = env.reset(options={"episode": 0})
    assert info["episode"] == "doodles/sketch/test/0"
    ask = next(place for place, option in enumerate(info["options"]) if "draw" in option or "more" in option.lower())
    darker = [first["image"]]
    terminated = truncated = False
    while not (terminated or truncated):
        shown, _, terminated, truncated, info = env.step(ask)
        darker.append(shown["image"])
    assert len(darker) > 3 and info["sufficiency"][0] < 0.2 and info["sufficiency"][-1] == 1
    assert (darker[-1] != darker[0]).any()
    with pytest.raises(InputError, match=r"'doodles'.*occlusion"):
        gym.make("ProactiveOcclusion-v0", source="doodles", data_dir=str(folder))


def test_words_have_names_that_people_say_and_the_splits_of_the_scenes(folder):
    subjects = catalogue(folder).subjects
    assert {"mobile phone", "tennis racket", "square dance"} <= subjects.keys()
    assert all(len(subject.likenesses) == 2 for subject in subjects.values())
    scenes = drawings().subjects
    common = subjects.keys() & scenes.keys()
    assert len(common) > 5
    assert all(subjects[name].split == scenes[name].split for name in common)


def test_a_pen_follows_the_order_of_the_strokes(folder):
    source = make_source("doodles", data_dir=str(folder))
    (sketch,) = (scenario for scenario in SCENARIOS if scenario.name == "sketch")
    hands = set()
    for number in range(20):
        world = source.episode([sketch], f"doodles/sketch/test/{number}", Setting()).world
        hands.add((world.hand.start, world.hand.backwards))
        left_of_all = PenDrawing(world.likeness, 1000, world.hand._replace(tilt=0))
        half = PenDrawing(world.likeness, 450, world.hand._replace(tilt=0))
        columns = [np.flatnonzero(np.asarray(one.paint(90, 90))[:, :, 3].any(0)) for one in (half, left_of_all)]
        half, whole = ([90 - column for column in some[::-1]] if world.hand.flipped else some for some in columns)
        assert max(half) < 40 < max(whole), number
    assert hands == {(0, False)}
    assert not any(likeness.has_an_order for subject in drawings().of("test") for likeness in subject.likenesses)


def test_no_drawing_is_known_by_where_on_the_sheet_its_lines_lie(folder):
    """They are low and wide: in the middle of a square their height would say so before a line does."""
    source = make_source("doodles", data_dir=str(folder))
    (sketch,) = (scenario for scenario in SCENARIOS if scenario.name == "sketch")
    heights = []
    for number in range(80):
        world = source.episode([sketch], f"doodles/sketch/test/{number}", Setting()).world
        places = world.hand.written(thread(world.likeness).begins) * world.drawing.width
        places += (world.drawing.left, world.drawing.top)
        corner = np.array((world.sheet.left, world.sheet.top))
        assert (places >= corner).all() and (places <= corner + world.sheet.width).all(), number
        heights.append(float(places[:, 1].mean() - corner[1]) / world.sheet.height)
    assert min(heights) < 0.3 and max(heights) > 0.7 and 0.4 < np.mean(heights) < 0.6


def test_raw_and_simplified_drawings_are_the_same(tmp_path):
    far = [[[7 * x + 300.5 for x in xs], [7 * y + 20.25 for y in ys]] for xs, ys in LEFT_THEN_RIGHT]
    for name, drawing in (("simple", LEFT_THEN_RIGHT), ("raw", with_times(far))):
        (tmp_path / name).write_text(line(drawing=drawing))
    simple, raw = (Doodle(str(tmp_path / name), 0).strokes() for name in ("simple", "raw"))
    assert len(simple) == len(raw) == 3
    for one, other in zip(simple, raw, strict=True):
        assert np.allclose(one, other, atol=1e-4)
    every = np.concatenate(simple)
    assert every.min() == 0 and every.max() == 1
    assert max(np.hypot(*np.diff(simple[0], axis=0).T)) < 0.03


def test_dots_are_drawn_when_it_is_their_turn(tmp_path):
    (tmp_path / "one").write_text(line())
    likeness = Doodle(str(tmp_path / "one"), 0)
    assert len(likeness.strokes()[-1]) == 2
    assert np.argmax(thread(likeness).reached) == len(thread(likeness).reached) - 1
    hand = Hand.drawn(Draw("anyone")).in_order()._replace(flipped=False, tilt=0)
    begun, done = (np.asarray(PenDrawing(likeness, shown, hand).paint(90, 90))[:, :, 3] for shown in (100, 1000))
    assert begun[:, 45:].max() == 0 and done[40:50, 65:80].max() > 100


def test_blackened_drawings_have_a_bounded_number_of_points(tmp_path):
    to_and_fro = [[[0, 255] * 4000, list(np.linspace(0, 255, 8000))]]
    (tmp_path / "one").write_text(line(drawing=to_and_fro))
    assert sum(map(len, Doodle(str(tmp_path / "one"), 0).strokes())) < 2000


BAD = {
    "not JSON": b"{not json}",
    "nested": b"[" * 100_000,
    "no drawing": b'{"word": "cat"}',
    "a list": b"[1, 2]",
    "too long": b" " * (2**20 + 1),
    "bytes": b"\xff\xfe\x00",
    "NaN": b'{"word": "cat", "drawing": [[[NaN, 1], [1, 2]]]}',
    "infinite": b'{"word": "cat", "drawing": [[[1e999, 1], [1, 2]]]}',
    "astronomic": b'{"word": "cat", "drawing": [[[' + b"9" * 4000 + b", 1], [1, 2]]]}",
    "true": b'{"word": "cat", "drawing": [[[true, 1], [1, 2]]]}',
    "text": b'{"word": "cat", "drawing": [[["a", 1], [1, 2]]]}',
    "nothing drawn": b'{"word": "cat", "drawing": []}',
    "no list": b'{"word": "cat", "drawing": {"a": 1}}',
    "no points": b'{"word": "cat", "drawing": [[[], []]]}',
    "uneven": b'{"word": "cat", "drawing": [[[1, 2, 3], [1, 2]]]}',
    "one axis": b'{"word": "cat", "drawing": [[[1, 2, 3]]]}',
    "a point": b'{"word": "cat", "drawing": [[[3, 3], [5, 5]]]}',
    "many strokes": json.dumps({"word": "cat", "drawing": [[[0, 1], [0, 1]]] * 501}).encode(),
    "many points": json.dumps({"word": "cat", "drawing": [[[0, 1] * 10_001, [0, 1] * 10_001]]}).encode(),
    "no word": b'{"word": 7, "drawing": [[[0, 1], [0, 1]]]}',
    "control characters": b'{"word": "cat\\u001b[2J", "drawing": [[[0, 1], [0, 1]]]}',
    "another word": b'{"word": "dog", "drawing": [[[0, 1], [0, 1]]]}',
    "maybe recognised": b'{"word": "cat", "recognized": "yes", "drawing": [[[0, 1], [0, 1]]]}',
}


@pytest.mark.parametrize("bad", BAD.values(), ids=list(BAD))
def test_a_line_that_is_no_drawing_is_named_and_left_out_only_if_the_user_says_so(folder, bad):
    file = folder / "full_simplified_cat.ndjson"
    file.write_bytes(line().encode() + bad + b"\n" + line().encode())
    with pytest.raises(InputError, match=r"^Line 2 of .*full_simplified_cat\.ndjson ") as caught:
        catalogue(folder)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 500
    with pytest.warns(UserWarning, match=r"full_simplified_cat\.ndjson: 1 lines are left out; line 2 "):
        assert len(catalogue(folder, skip_bad=True).subjects) == len(WORDS)
    with pytest.warns(UserWarning, match=r"1 lines are left out"):  # and again, though by now it is known
        gym.make("ProactiveSketch-v0", source="doodles", data_dir=str(folder), image_size=32, skip_bad=True)


@pytest.mark.parametrize("name", ["cat.ndjson", "cat.ndjson.gz"])
def test_of_a_file_the_first_recognised_drawings_are_used_and_found_once(tmp_path, monkeypatch, name):
    rows = [line(drawing=[[[0, 10 + step], [0, 99]]], recognized=step % 2 == 0) for step in range(20)]
    file, text = tmp_path / name, "".join(rows).encode()
    file.write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    index = stroke_files.index_of(file, most=5)
    widths = [Doodle(index.file, offset).strokes()[0][-1, 0] - 0.5 for offset in index.offsets]
    assert np.allclose(widths, [(10 + step) / 99 / 2 for step in (0, 2, 4, 6, 8)], atol=1e-4)

    with monkeypatch.context() as patch:
        patch.setattr(stroke_files, "parsed", lambda text: pytest.fail("was looked through again"))
        assert stroke_files.index_of(file, most=5) == index
    longer = text + line().encode()
    file.write_bytes(gzip.compress(longer) if name.endswith("gz") else longer)
    assert len(stroke_files.index_of(file, most=50).offsets) == 11


def test_a_damaged_index_is_made_again(tmp_path):
    file = tmp_path / "cat.ndjson"
    file.write_text(line())
    index = stroke_files.index_of(file)
    for kept in (home() / "found" / "doodles").iterdir():
        kept.write_bytes(b'{"word": 3')
    assert stroke_files.index_of(file) == index


def test_a_file_that_changed_behind_the_index_is_named(tmp_path):
    file = tmp_path / "cat.ndjson"
    file.write_text(line())
    likeness = Doodle(str(file), stroke_files.index_of(file).offsets[0])
    file.write_text("gone\n")
    with pytest.raises(InputError, match=r"line at byte 0 of .*cat\.ndjson is not JSON.*changed"):
        likeness.strokes()
    file.unlink()
    with pytest.raises(InputError, match=r"cat\.ndjson cannot be read"):
        likeness.strokes()


def test_folders_that_cannot_be_used_are_refused_with_the_remedy(folder, tmp_path):
    def refused(match):
        with pytest.raises(InputError, match=match):
            make_source("doodles", data_dir=str(folder))

    twin = folder / "raw_cat.ndjson"
    twin.write_text(line())
    refused("full_simplified_cat.ndjson and .*raw_cat.ndjson are both of 'cat'; remove one")
    twin.write_text("\n\n")
    refused("raw_cat.ndjson holds no drawing")
    twin.write_text(line(recognized=False))
    refused("raw_cat.ndjson holds no drawing that the game recognised")
    twin.unlink()
    outside = tmp_path / "elsewhere.ndjson"
    outside.write_text(line("dog"))
    twin.symlink_to(outside)
    refused("raw_cat.ndjson is a link out of the folder")
    twin.unlink()
    (folder / "zebra.ndjson.gz").write_bytes(gzip.compress(line("zebra").encode() * 90)[:-12])
    refused("zebra.ndjson.gz cannot be read")
    for file in folder.iterdir():
        file.unlink()
    refused("holds no .ndjson")
    (folder / "cat.ndjson").write_text(line())
    refused("drawings of 1 things, but a menu needs 4")
    with pytest.raises(InputError, match="data install doodles"):
        make_source("doodles")


def test_words_that_mean_no_thing_are_left_out_and_named(folder):
    (folder / "line.ndjson").write_text(line("line"))
    with pytest.warns(UserWarning, match="nobody is asked about 'line'"):
        assert "line" not in catalogue(folder).subjects


def test_the_table_has_all_words_of_the_game_and_no_name_twice():
    known = words()
    used = {word: about for word, about in known.items() if not about.left_out}
    names = [about.name for about in used.values()]
    assert len(known) == 345 and len(set(names)) == len(names) > 250
    every = {about.name for about in known.values()}
    for about in used.values():
        assert about.kind and about.mistaken_for <= every - {about.name}
        assert len(about.drawings) >= 20 and max(about.drawings) < NUMBER


def drawn(strokes, thick=2):
    picture = Image.new("L", (SIDE * 4, SIDE * 4))
    for stroke in strokes:
        ImageDraw.Draw(picture).line([4 * place for point in stroke for place in point], fill=255, width=4 * thick)
    return np.asarray(picture.reduce(4))


def test_traced_strokes_lie_where_the_ink_is_the_longest_first():
    pytest.importorskip("skimage", reason="needs scikit-image")
    house = [[(4, 14), (14, 4), (24, 14), (4, 14)], [(9, 20), (17, 20)], [(20, 24), (24, 24)]]
    picture = drawn(house)
    found = traced(picture)
    assert 3 <= len(found) <= 5  # a ring may be closed by a stroke of its own
    reach = [np.hypot(*np.diff(stroke, axis=0).T).sum() for stroke in found]
    assert reach == sorted(reach, reverse=True) or len(found) > 3
    assert reach == sorted(reach, reverse=True) and reach[0] > 20 and reach[-1] < 6
    assert all(one.tobytes() == other.tobytes() for one, other in zip(found, traced(picture.copy()), strict=True))
    again = drawn([[tuple(point) for point in stroke.tolist()] for stroke in found])
    both = (picture > 127) & (again > 127)
    assert both.sum() > 0.75 * ((picture > 127) | (again > 127)).sum()


def test_a_crossing_is_drawn_straight_through():
    pytest.importorskip("skimage", reason="needs scikit-image")
    found = traced(drawn([[(4, 4), (24, 24)], [(24, 4), (4, 24)]]))
    long = [stroke for stroke in found if np.hypot(*(stroke[-1] - stroke[0])) > 20]
    assert long and all(np.abs(np.abs(long[0][-1] - long[0][0])) > 14)
    assert traced(np.zeros((SIDE, SIDE), dtype=np.uint8)) == ()


@pytest.fixture
def package(tmp_path):
    """Files as the package has them, of some words, with a hundred pictures each."""
    folder = tmp_path / "package"
    folder.mkdir()
    chosen = [word for word, about in words().items() if not about.left_out][:14]
    for place, word in enumerate(chosen):
        rows = []
        for number in range(5):
            draw = Draw(f"{word} {number}")
            zigzag = [(2 + 24 * step / (3 + place % 5), draw.between(2, 26)) for step in range(4 + place % 5)]
            rows.append(json.dumps((drawn([zigzag]) / 255).round(3).ravel().tolist()))
        content = "\n".join(rows * (NUMBER // 5)).encode()
        (folder / f"{word}.ndjson.gz").write_bytes(gzip.compress(content, 1))
    return folder


def test_packaged_pictures_are_traced_once_and_played(package, monkeypatch):
    pytest.importorskip("skimage", reason="needs scikit-image")
    source = make_source("doodles", data_dir=str(package), split="train")
    assert isinstance(source, ScenesSource) and "CC BY 4.0" in source.attribution
    subject = source.catalogue.of("train")[0]
    before = [likeness.strokes() for likeness in subject.likenesses]
    assert len(before) >= 20
    traced_files.traced_drawings.cache_clear()
    monkeypatch.setattr(traced_files, "traced", lambda picture: pytest.fail("was traced again"))
    for old, likeness in zip(before, subject.likenesses, strict=True):
        assert all(np.array_equal(*pair) for pair in zip(old, likeness.strokes(), strict=True))


def test_the_command_that_checks_names_packaged_files_that_are_damaged(package, capsys):
    pytest.importorskip("skimage", reason="needs scikit-image")
    assert main(["data", "check", "doodles", "--data-dir", str(package)]) == 0
    file = sorted(package.iterdir())[3]
    file.write_bytes(gzip.compress(b"[2, 3]"))
    traced_files.traced_drawings.cache_clear()
    assert main(["data", "check", "doodles", "--data-dir", str(package)]) == 1
    assert f"Line 1 of {file}" in "".join(capsys.readouterr().out.split("\n"))


def test_a_package_that_is_damaged_is_named(package):
    pytest.importorskip("skimage", reason="needs scikit-image")
    file = sorted(package.iterdir())[0]
    rows = gzip.decompress(file.read_bytes()).splitlines()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for bad, match in ((b"[2, 3]", "Line 5 of .* is no drawing"), (rows[4].replace(b"0.0", b"NaN", 1), "Line 5")):
            file.write_bytes(gzip.compress(b"\n".join([*rows[:4], bad, *rows[5:]])))
            with pytest.raises(InputError, match=match):
                traced_files.traced_drawings(str(file))
        file.write_bytes(gzip.compress(b"\n".join([*rows, rows[0]])))
        with pytest.raises(InputError, match="more than 100 drawings"):
            traced_files.traced_drawings(str(file))
        file.rename(package / "unheard of.ndjson.gz")
        with pytest.raises(InputError, match="'unheard of' is no word of the game"):
            make_source("doodles", data_dir=str(package))


def test_what_is_missing_for_tracing_is_said(package, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "skimage.morphology", None)
    likeness = make_source("doodles", data_dir=str(package)).catalogue.of("test")[0].likenesses[0]
    with pytest.raises(InputError, match=r"pip install 'proactive-gym\[doodles\]'"):
        likeness.strokes()


@pytest.mark.slow
def test_the_installed_package_gives_hundreds_of_words_of_the_splits_size(monkeypatch, request):
    pytest.importorskip("skimage", reason="needs scikit-image")
    monkeypatch.delenv("PROACTIVE_GYM_DATA")
    if not is_installed(home() / "doodles"):
        pytest.skip("needs `proactive-gym data install doodles`")
    found = make_source("doodles").catalogue
    assert len(found.subjects) > 250 and all(len(found.of(split)) > 35 for split in SPLITS)
    for subject in found.of("test")[:3]:
        for likeness in subject.likenesses:
            strokes = likeness.strokes()
            assert strokes and all(stroke.min() >= 0 and stroke.max() <= 1.01 for stroke in strokes)
