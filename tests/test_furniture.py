"""The source `furniture`: hostile libraries, the renderer, kept views, and things in boxes that are turned."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
from PIL import Image

from proactive_gym.cli import main
from proactive_gym.envs.viewpoint import OpenBoxTurnedAround, Viewpoint
from proactive_gym.errors import InputError, PictureError
from proactive_gym.menu import Kind
from proactive_gym.setting import Setting
from proactive_gym.sources import make_source
from proactive_gym.sources.furniture import source as source_of_furniture
from proactive_gym.sources.furniture import views
from proactive_gym.sources.furniture.archive import LISTING, Archive, models
from proactive_gym.sources.furniture.mesh import read_mesh
from proactive_gym.sources.furniture.source import manifest
from proactive_gym.sources.furniture.tracing import Camera, Tracer
from proactive_gym.sources.furniture.views import Model
from proactive_gym.sources.installing import PACKAGES
from proactive_gym.sources.installing.finding import found
from proactive_gym.sources.scenes.open_box import INFORMATIVE
from proactive_gym.sources.scenes.source import ScenesSource

pytest.importorskip("trimesh", reason="needs the extra `furniture`")
pytest.importorskip("embreex", reason="needs the extra `furniture`")

CORNERS = [(x, y, z) for x in (-1, 1) for y in (0, 2) for z in (-1, 1)]
SIDES = {"front": (1, 5, 7, 3), "back": (4, 0, 2, 6), "left": (0, 1, 3, 2), "right": (5, 4, 6, 7), "top": (3, 7, 6, 2)}
MATERIALS = """newmtl front
Kd 0.9 0.1 0.1
newmtl other
Kd 0.1 0.8 0.1
"""
STRAIGHT = Camera(yaw=0, pitch=0, distance=20, span=4)


def cube(scale: tuple[float, float, float] = (1, 1, 1), materials: str = "cube.mtl") -> str:
    """A cube with a front of its own colour, as an OBJ file."""
    lines = [f"mtllib {materials}"]
    lines += ["v " + " ".join(str(a * b) for a, b in zip(corner, scale, strict=True)) for corner in CORNERS]
    lines += ["vt 0 0", "vt 1 0", "vt 1 1", "vt 0 1"]
    for side, corners in SIDES.items():
        lines.append("usemtl front" if side == "front" else "usemtl other")
        lines.append("f " + " ".join(f"{corner + 1}/{place + 1}" for place, corner in enumerate(corners)))
    return "\n".join(lines) + "\n"


def archive(file: Path, entries: dict[str, str | bytes]) -> Archive:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in entries.items():
            written.writestr(name, content)
    return Archive(str(file))


def library(file: Path, ids: list[str]) -> None:
    """A library with a cube of its own shape for each id."""
    entries: dict[str, str | bytes] = {}
    listing = []
    for number, id in enumerate(ids, start=1):
        entry = f"m{number}/cube.obj"
        listing += [f"id#{number}={id}", f"name#{number}=Cube", f"category#{number}=X", f"model#{number}=/{entry}"]
        entries[entry] = cube((1 + number % 3, 1 + number % 4, 1 + number % 5))
        entries[f"m{number}/cube.mtl"] = MATERIALS.replace("0.9", str(round(0.3 + number % 7 / 10, 1)))
    file.parent.mkdir(exist_ok=True)
    archive(file, {LISTING: "\n".join(listing), **entries})


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Libraries that hold a model for every line of the manifest."""
    folder = tmp_path_factory.mktemp("furniture")
    ids = [row["model"] for row in manifest()]
    library(folder / "one.sh3f", ids[::2])
    library(folder / "two.sh3f", ids[1::2])
    return folder


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROACTIVE_GYM_DATA", str(tmp_path / "cache"))
    forget()
    return tmp_path / "cache"


def forget() -> None:
    for kept in (views._view, views._cropped, views._fingerprint, views._tracer):
        kept.cache_clear()


def middle(picture: Image.Image) -> tuple[int, ...]:
    pixel = picture.getpixel((picture.width // 2, picture.height // 2))
    assert isinstance(pixel, tuple)
    return pixel


def traced(file: Path, entries: dict[str, str | bytes], camera: Camera = STRAIGHT) -> Image.Image:
    mesh = read_mesh(archive(file, entries), "a/cube.obj")
    return Tracer(replace(mesh, corners=mesh.corners - np.float32((0, 1, 0)))).view(camera, 80)


def test_the_front_is_seen_from_the_front_and_what_is_beside_the_model_is_clear(tmp_path: Path) -> None:
    entries: dict[str, str | bytes] = {"a/cube.obj": cube(), "a/cube.mtl": MATERIALS}
    front = traced(tmp_path / "x.sh3f", entries)
    red, green, _, alpha = middle(front)
    assert red > 2 * green and alpha == 255
    assert front.getpixel((2, 2)) == (0, 0, 0, 0)
    left, top, right, bottom = front.getbbox()
    assert abs(left + right - 80) <= 2 and abs(top + bottom - 80) <= 2 and 38 <= right - left <= 46
    red, green, _, _ = middle(traced(tmp_path / "x.sh3f", entries, replace(STRAIGHT, yaw=180)))
    assert green > 2 * red
    quarter = np.asarray(traced(tmp_path / "x.sh3f", entries, replace(STRAIGHT, yaw=50))).astype(int)
    reddish = quarter[..., 0] > 2 * quarter[..., 1]
    assert reddish[:, 40:].sum() > 3 * reddish[:, :40].sum(), "turned, the front is to the right"


def test_textures_are_the_right_way_up_and_glass_is_seen_through(tmp_path: Path) -> None:
    painted = Image.new("RGB", (8, 8), (0, 0, 250))
    painted.paste((250, 250, 0), (0, 4, 8, 8))
    stream = io.BytesIO()
    painted.save(stream, "PNG")
    entries: dict[str, str | bytes] = {
        "a/cube.obj": cube(),
        "a/cube.mtl": MATERIALS.replace("Kd 0.9 0.1 0.1", "Kd 0 0 0\nmap_Kd paint.png"),
        "a/paint.png": stream.getvalue(),
    }
    view = np.asarray(traced(tmp_path / "x.sh3f", entries)).astype(int)
    above, below = view[28, 40], view[52, 40]
    assert above[2] > 2 * above[0] and below[0] > 2 * below[2]
    glass = MATERIALS.replace("Kd 0.9 0.1 0.1", "Kd 0.9 0.1 0.1\nd 0.3")
    red, green, _, alpha = middle(traced(tmp_path / "x.sh3f", {"a/cube.obj": cube(), "a/cube.mtl": glass}))
    assert green > red / 2 and alpha == 255, "the green back is seen through the front"


@pytest.mark.parametrize(
    ("texture", "content"),
    [("../../secret.png", b""), ("C:\\Documents\\paint.png", b""), ("paint.png", b"no picture"), ("paint.exe", b"MZ")],
)
def test_textures_that_cannot_be_had_leave_the_plain_colour(tmp_path: Path, texture: str, content: bytes) -> None:
    entries: dict[str, str | bytes] = {
        "a/cube.obj": cube(),
        "a/cube.mtl": MATERIALS.replace("0.9 0.1 0.1", f"0.9 0.1 0.1\nmap_Kd {texture}"),
        "secret.png": b"",
    }
    if content:
        entries[f"a/{texture}"] = content
    red, green, _, _ = middle(traced(tmp_path / "x.sh3f", entries))
    assert red > 2 * green


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "has no triangles|cannot be read"),
        ("f 1 2 3\n", "cannot be read|has no triangles"),
        ("v 1 1 1\nv 1 1 1\nv 1 1 1\nf 1 2 3\n", "no size"),
        ("v 0 0 0\nv nan 1 1\nv 1 1 1\nf 1 2 3\n", "no size|cannot be read"),
    ],
)
def test_a_model_that_is_none_is_named(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(PictureError, match=rf"a/cube\.obj in the furniture library .*x\.sh3f.*({said})"):
        read_mesh(archive(tmp_path / "x.sh3f", {"a/cube.obj": content}), "a/cube.obj")


def test_archives_that_are_damaged_or_mean_harm_are_named(tmp_path: Path) -> None:
    file = tmp_path / "x.sh3f"
    file.write_bytes(b"no archive")
    with pytest.raises(InputError, match=r"furniture library .*x\.sh3f cannot be read"):
        models(file)
    archive(file, {LISTING: "name#1=Chair\n"})
    with pytest.raises(InputError, match=r"lists no models"):
        models(file)
    with pytest.raises(PictureError, match=r"There is no a/gone.obj in the furniture library"):
        archive(file, {"b": ""}).read("a/gone.obj")
    with pytest.raises(PictureError, match=r"33,554,433 bytes, more than the 33,554,432"):
        archive(file, {"a/bomb.obj": b"\0" * (32 * 2**20 + 1)}).read("a/bomb.obj")
    whole = bytearray(file.read_bytes())
    archive(file, {"a/cube.obj": cube()})
    whole = bytearray(file.read_bytes())
    whole[60] ^= 255
    file.write_bytes(whole)
    with pytest.raises(PictureError, match=r"a/cube.obj in the furniture library .* cannot be read"):
        Archive(str(file)).read("a/cube.obj")


def test_a_view_is_rendered_once_and_again_only_if_it_is_damaged_or_the_model_another(
    tmp_path: Path, cache: Path
) -> None:
    file = tmp_path / "x.sh3f"
    archive(file, {"a/cube.obj": cube(), "a/cube.mtl": MATERIALS})
    model = Model(str(file), "a/cube.obj")
    first = model.view(60)
    (kept,) = (cache / "furniture-views").iterdir()
    stamp = kept.stat().st_mtime_ns
    forget()
    assert model.view(60) == first and model.view(420) == first and kept.stat().st_mtime_ns == stamp
    forget()
    kept.write_bytes(b"torn")
    assert model.view(60) == first and kept.stat().st_size > 100
    forget()
    archive(file, {"a/cube.obj": cube((1, 3, 1)), "a/cube.mtl": MATERIALS})
    assert model.view(60) != first
    assert len(list((cache / "furniture-views").iterdir())) == 2


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, cache: Path) -> None:
    cache.write_text("in the way")
    archive(tmp_path / "x.sh3f", {"a/cube.obj": cube(), "a/cube.mtl": MATERIALS})
    with pytest.raises(InputError, match=r"cannot be written.*PROACTIVE_GYM_DATA"):
        Model(str(tmp_path / "x.sh3f"), "a/cube.obj").view(0)


def test_every_line_of_the_manifest_has_a_place_and_each_split_enough_subjects(libraries: Path) -> None:
    rows = manifest()
    assert len({row["model"] for row in rows}) == len(rows)
    names = {row["name"] for row in rows}
    assert all(set(row["mistaken_for"].split("|")) - {""} <= names for row in rows)
    source = make_source("furniture", str(libraries))
    assert isinstance(source, ScenesSource)
    counts = [len(source.catalogue.of(split)) for split in ("train", "validation", "test")]
    assert sum(counts) == len(names) >= 120 and min(counts) >= 30


def test_libraries_that_lack_models_or_are_not_there_say_how_to_get_them(tmp_path: Path, libraries: Path) -> None:
    library(tmp_path / "one.sh3f", ["Scopia#cat"])
    with pytest.raises(InputError, match=r"lacks .* models of the source 'furniture'.*data install furniture"):
        make_source("furniture", str(tmp_path))
    with pytest.raises(InputError, match=r"data install furniture"):
        make_source("furniture", str(tmp_path / "gone"))
    with pytest.raises(InputError, match=r"sketch"):
        gym.make("proactive_gym:ProactiveSketch-v0", source="furniture", data_dir=str(libraries))


def scene(source: ScenesSource, number: int, twin: str | None = None) -> OpenBoxTurnedAround:
    setting, scenario = Setting(control=twin), Viewpoint()
    world = source.episode([scenario], source.episode_name([scenario], number, setting), setting).world
    assert isinstance(world, OpenBoxTurnedAround)
    return world


@pytest.mark.parametrize("number", range(3))
def test_nothing_of_the_thing_is_to_be_seen_until_its_box_has_been_turned(libraries: Path, number: int) -> None:
    source = ScenesSource("test", 96, make_source("furniture", str(libraries)).catalogue)
    world = scene(source, number)
    other = next(item for item in source.catalogue.of("test") if world.likeness not in item.likenesses).likenesses[0]
    exchanged = replace(world, likeness=other)
    shares = [world.sufficiency(place) for place in range(world.best + 1)]
    assert shares[0] == 0 and shares[-1] > 0.9 and shares == sorted(shares)
    for place, share in enumerate(shares):
        one, two = source.paint([world.picture(place), exchanged.picture(place)])
        assert (one == two).all() == (share == 0)


def test_a_wrapped_box_shows_the_same_whatever_is_in_it(libraries: Path) -> None:
    source = ScenesSource("test", 64, make_source("furniture", str(libraries)).catalogue)
    world = scene(source, 0, "unhelpful")
    other = replace(world, likeness=source.catalogue.of("test")[0].likenesses[0])
    for place in range(world.around):
        assert world.sufficiency(place) == 0
        assert (source.paint([world.picture(place)]) == source.paint([other.picture(place)])).all()


def test_a_box_turned_the_other_way_shows_the_mirror_image_of_what_is_in_it(libraries: Path) -> None:
    source = ScenesSource("test", 96, make_source("furniture", str(libraries)).catalogue)
    world = replace(scene(source, 0), x=0.5, y=0.5)
    inside = [replace(world, clockwise=way).picture(world.best).layers[2].prop for way in (True, False)]
    one, two = (np.asarray(prop.paint(90, 90)) for prop in inside)
    assert (one == two[:, ::-1]).all()


def test_an_episode_is_played_to_its_end_and_asks_what_is_in_the_box(libraries: Path) -> None:
    env = gym.make("proactive_gym:ProactiveViewpoint-v0", source="furniture", data_dir=str(libraries), image_size=64)
    observation, info = env.reset(seed=3)
    conversation = env.unwrapped.conversation
    asks = next(n for n, option in enumerate(conversation.episode.menu) if option.kind is Kind.INTERVENTION)
    assert " in " in observation["dialogue"].splitlines()[0] or "hold" in observation["dialogue"].splitlines()[0]
    for _ in range(conversation.episode.requests_needed):
        observation, _, over, _, info = env.step(asks)
        assert not over
    _, reward, over, _, info = env.step(conversation.episode.answer)
    assert over and reward == 1 and info["outcome"] == "correct" and info["sufficiency"][-1] >= 0.8


def test_views_are_rendered_when_installing_if_asked_for_and_for_furniture_only(
    tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = manifest()[:2]
    monkeypatch.setattr(source_of_furniture, "manifest", lambda: rows)
    for number in range(5):  # as many libraries as the package has at least
        library(tmp_path / "copy" / f"{number}.sh3f", [row["model"] for row in rows])
    command = ["data", "install", "furniture", "--from", str(tmp_path / "copy"), "--to", str(tmp_path / "there")]
    assert main([*command, "--views"]) == 0
    assert "12 views rendered" in capsys.readouterr().out
    assert len(list((cache / "furniture-views").iterdir())) == 12
    assert main(["data", "install", "photos", "--views"]) == 1
    assert "--views is for furniture only" in capsys.readouterr().err


@pytest.mark.slow
def test_every_model_of_the_real_package_can_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROACTIVE_GYM_DATA")
    folder = found(PACKAGES["furniture"])
    if folder is None:
        pytest.skip("sweethome3d-furniture is not installed (`proactive-gym data install furniture`)")
    source = make_source("furniture", str(folder))
    assert isinstance(source, ScenesSource)
    for subject in source.catalogue.subjects.values():
        for likeness in subject.likenesses:
            assert min(likeness.picture().size) >= 8, subject.name
            assert np.asarray(likeness.view(INFORMATIVE))[..., 3].mean() > 1, subject.name
