"""How frames become pictures: kept props, layers, damages and the compiled loops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from numba import njit
from PIL import Image, ImageDraw, ImageOps

from proactive_gym.draw import Draw
from proactive_gym.sources.scenes import packaging, prints, sprites
from proactive_gym.sources.scenes.compiling import compiled
from proactive_gym.sources.scenes.damages import DAMAGES, Faded
from proactive_gym.sources.scenes.frame import PICTURE, Box, Frame, Layer
from proactive_gym.sources.scenes.kept import Kept
from proactive_gym.sources.scenes.lines import ink
from proactive_gym.sources.scenes.loops import lay, project, round_off
from proactive_gym.sources.scenes.painter import in_sight, paint, paint_into
from proactive_gym.sources.scenes.parcel import view_of
from proactive_gym.sources.scenes.perspective import lay_on
from proactive_gym.sources.scenes.prints import Print
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


def _inked(points, lines, radius, size=(40, 60)):
    colour, alpha = np.empty((2, size[0], 3 * size[1]), np.uint8)
    where = np.array(points, np.float32), np.array(lines, np.int64)
    ink(*where, radius, 235, np.array((1, 2, 3), np.uint8), colour, alpha)
    assert (colour.reshape(*size, 3) == (1, 2, 3)).all()
    assert np.array_equal(alpha[:, 1::3], alpha[:, ::3]) and np.array_equal(alpha[:, 2::3], alpha[:, ::3])
    return alpha[:, ::3]


def test_a_pen_inks_what_is_within_half_its_width_of_a_line():
    drawn = _inked([(12, 10.5), (40, 10.5), (50, 30)], [0, 2], 3.0)
    x, y = np.meshgrid(np.arange(60) + 0.5, np.arange(40) + 0.5)
    far = np.hypot(np.maximum(0, np.maximum(12 - x, x - 40)), y - 10.5)
    assert (drawn[far <= 2.5] == 235).all(), "inked all over"
    assert (drawn[far >= 3.5] == 0).all(), "a single point at the end is no line: nothing is drawn there"
    rim = (far > 2.5) & (far < 3.5)
    assert np.abs(drawn[rim] - 235 * (3.5 - far[rim])).max() <= 0.51, "and paler by as much as the pixel is farther off"


def test_lines_that_meet_or_cross_are_not_darker_there():
    once = _inked([(5, 20), (55, 20)], [0], 2.0)
    twice = _inked([(5, 20), (30, 20), (55, 20), (30, 20), (55, 20)], [0, 3], 2.0)
    assert np.array_equal(once, twice) and once.max() == 235


def test_lines_look_as_pillow_draws_them_in_a_much_larger_picture():
    points = np.random.default_rng(3).uniform((6, 6), (54, 34), (12, 2))
    large = Image.new("L", (60 * 16, 40 * 16))
    pen = ImageDraw.Draw(large)
    for start, end in zip(16 * points[:-1], 16 * points[1:], strict=True):
        pen.line([*start, *end], fill=235, width=48)
        for x, y in (start, end):
            pen.ellipse((x - 24, y - 24, x + 24, y + 24), fill=235)
    wanted = np.asarray(large.reduce(16)).astype(float)
    off = np.abs(_inked(points, [0], 1.5) - wanted)
    assert off.mean() < 3 and (off > 60).mean() < 0.005, "but where two lines touch one pixel, which counts the nearer"


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


@pytest.mark.parametrize("flipped", [False, True])
def test_a_print_is_the_picture_on_a_pale_panel_as_pillow_would_see_it(flipped):
    """Straight on and from the side, small and large: fitted to the panel, turned, and each pixel the mean of many."""
    for number, (style, yaw, size) in enumerate(((0, 10, 224), (7, 340, 224), (12, 60, 448), (3, 20, 64))):
        likeness = drawings().of("test")[7 * number].likenesses[0]
        printed = Print(likeness, flipped, style, yaw)
        box = printed.at(0.5, 0.5)
        width, height = round(box.width * size), round(box.height * size)
        found = np.asarray(printed.paint(width, height)).astype(float)
        wanted = np.asarray(_printed_by_pillow(printed, width, height)).astype(float)
        inside = (found[..., 3] == 255) & (wanted[..., 3] == 255)
        assert inside.mean() > 0.7
        assert np.abs(found - wanted)[inside].mean() < 7
        other = np.asarray(_printed_by_pillow(replace(printed, flipped=not flipped), width, height)).astype(float)
        assert np.abs(found - wanted)[inside].mean() < np.abs(found - other)[inside].mean(), "and not its mirror image"


def _printed_by_pillow(printed: Print, width: int, height: int) -> Image.Image:
    """The same by Pillow alone, from a panel eight times as large as it is seen."""
    view, accent = view_of(printed.style, printed.yaw), packaging.look(printed.style).accent
    face = prints._part(printed.style)
    size = [round(8 * width / printed.at(0, 0).width * length) for length in view.lengths(face)]
    panel = Image.new("RGB", size, packaging.mixed(accent, (255, 255, 255), 0.86))
    rim = round(size[0] / 60)
    ImageDraw.Draw(panel).rectangle((0, 0, size[0] - 1, size[1] - 1), outline=packaging.toned(accent, 0.9), width=rim)
    drawing = printed.likeness.picture()
    drawing = ImageOps.mirror(drawing) if printed.flipped else drawing
    fitted = ImageOps.contain(drawing, (round(0.9 * min(size)),) * 2)
    panel.paste(fitted, ((size[0] - fitted.width) // 2, (size[1] - fitted.height) // 2), fitted)
    canvas = Image.new("RGBa", (8 * width, 8 * height))
    lay_on(canvas, printed.at(0, 0), view, face, panel)
    return canvas.reduce(8).convert("RGBA")


def test_what_no_layer_covers_is_black():
    half = Frame((Layer(BY_NAME["occlusion"].set_scene(stage_of("dog")).blocks, PICTURE.part(0, 0, 0.5, 1)),))
    picture = np.full((SIDE, SIDE, 3), 200, dtype=np.uint8)
    paint_into(picture, half)
    assert picture[:, : SIDE // 2].any() and not picture[:, SIDE // 2 :].any()


def stage_of(name: str) -> Stage:
    subject = drawings().subjects[name]
    answers = (subject, *drawings().distractors(Draw("beside"), subject, "random"))
    return Stage(Draw(f"stage of {name}"), subject, subject.likenesses[0], answers, drawings())
