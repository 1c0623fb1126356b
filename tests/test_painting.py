"""How frames become pictures: kept props, layers, damages and the compiled loops."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numba import njit
from PIL import Image

from proactive_gym.draw import Draw
from proactive_gym.sources.scenes import sprites
from proactive_gym.sources.scenes.compiling import compiled
from proactive_gym.sources.scenes.damages import DAMAGES, Faded
from proactive_gym.sources.scenes.frame import PICTURE, Box, Frame, Layer
from proactive_gym.sources.scenes.kept import Kept
from proactive_gym.sources.scenes.lines import reduce
from proactive_gym.sources.scenes.loops import lay, project, round_off
from proactive_gym.sources.scenes.painter import in_sight, paint, paint_into
from proactive_gym.sources.scenes.props import Cover, Drawing, Rug
from proactive_gym.sources.scenes.stage import Stage
from proactive_gym.sources.scenes.subjects import drawings
from tests.scenes import BY_NAME, SIDE, episode, every_scenario, frames, places


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
            for kept in ("_backdrops", "_sprites"):
                patch.setattr(sprites, kept, getattr(sprites, kept).afresh)
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
            alone, turned = flipped.seen(width, height), sprites.sprite(flipped, width, height)
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
    colour, alpha = np.empty((2, 100, 600), np.uint8)
    reduce(ink, np.array((1, 2, 3), np.uint8), colour, alpha)
    assert np.array_equal(alpha[:, ::3], np.asarray(Image.fromarray(ink).reduce(3)))
    assert np.array_equal(alpha[:, 1::3], alpha[:, ::3]) and np.array_equal(alpha[:, 2::3], alpha[:, ::3])
    assert (colour.reshape(100, 200, 3) == (1, 2, 3)).all()


def test_what_is_seen_in_perspective_is_what_pillow_sees():
    rng = np.random.default_rng(0)
    for high, wide in ((40, 60), (1, 9), (33, 2)):
        texture = rng.integers(0, 256, (high, wide, 3)).astype(np.uint8)
        for _ in range(10):
            data = rng.normal((1, 0, 0, 0, 1, 0, 0, 0), (0.3, 0.2, 3, 0.2, 0.3, 3, 0.002, 0.002))
            seen = np.empty((50, 70, 4), np.uint8)
            project(texture, np.arange(256.0), data, seen)
            opaque = Image.fromarray(texture).convert("RGBA").convert("RGBa")
            wanted = opaque.transform((70, 50), Image.Transform.PERSPECTIVE, data.tolist(), Image.Resampling.BILINEAR)
            assert seen.tobytes() == wanted.tobytes("raw", "RGBa")


def test_what_no_layer_covers_is_black():
    half = Frame((Layer(BY_NAME["occlusion"].set_scene(stage_of("dog")).blocks, PICTURE.part(0, 0, 0.5, 1)),))
    picture = np.full((SIDE, SIDE, 3), 200, dtype=np.uint8)
    paint_into(picture, half)
    assert picture[:, : SIDE // 2].any() and not picture[:, SIDE // 2 :].any()


def stage_of(name: str) -> Stage:
    subject = drawings().subjects[name]
    answers = (subject, *drawings().distractors(Draw("beside"), subject, "random"))
    return Stage(Draw(f"stage of {name}"), subject, subject.likenesses[0], answers, drawings())
