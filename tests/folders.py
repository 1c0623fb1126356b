"""Makes folders of pictures and clips to test on: coloured shapes before patterned grounds."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

CLASSES = {
    "red_kite": ("red", 3),
    "blue_tile": ("blue", 4),
    "green_sign": ("green", 8),
    "yellow_ball": ("yellow", 60),
    "white_tent": ("white", 5),
}
SIZE = (160, 120)
BOX = (50, 30, 110, 90)


def picture(name: str, seed: int, size: tuple[int, int] = SIZE, box: Sequence[int] | None = BOX) -> Image.Image:
    """The thing of that name in its box, before a ground that tells nothing."""
    rng = np.random.default_rng(seed)
    rough = Image.fromarray(rng.integers(60, 190, (6, 8, 3)).astype(np.uint8))
    shown = rough.resize(size, Image.Resampling.BICUBIC)
    if box is not None:
        colour, corners = CLASSES.get(name, ("black", 6))
        middle, radius = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), min(box[2] - box[0], box[3] - box[1]) / 2
        ImageDraw.Draw(shown).regular_polygon((*middle, radius), corners, rotation=seed * 17 % 90, fill=colour)
    return shown


def make_pictures(root: Path, number: int = 4, classes: Iterable[str] = CLASSES, boxes: bool = True) -> Path:
    """A folder of pictures, ``number`` of each class, with a table of boxes."""
    rows = []
    for place, name in enumerate(classes):
        (root / name).mkdir(parents=True)
        for seed in range(number):
            picture(name, 100 * place + seed).save(root / name / f"{seed + 1}.png")
            rows.append((f"{name}/{seed + 1}.png", *BOX))
    if boxes:
        write_table(root / "boxes.csv", ("file", "left", "top", "right", "bottom"), rows)
    return root


def write_table(file: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A CSV file."""
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([columns, *rows])


def clip_frames(name: str, seed: int, shown: range, hidden: bool, frames: int = 20) -> list[Image.Image]:
    """Frames that show the thing for a while; else it is behind a black board (``hidden``), or not there."""
    made = []
    for number in range(1, frames + 1):
        frame = picture(name, seed, box=BOX if hidden or number in shown else None)
        if hidden and number not in shown:
            ImageDraw.Draw(frame).rectangle((40, 20, 120, 100), fill="black")
        made.append(frame)
    return made


def make_clips(root: Path, hidden: bool, classes: Iterable[str] = CLASSES, number: int = 3) -> Path:
    """A folder of clips as frames, ``number`` of each class, with their marks."""
    rows = []
    for place, name in enumerate(classes):
        for seed in range(number):
            clip = root / name / f"clip{seed}"
            clip.mkdir(parents=True)
            shown = range(8 + seed, 12 + seed)
            for count, frame in enumerate(clip_frames(name, 100 * place + seed, shown, hidden), start=1):
                frame.save(clip / f"{count}.jpg", quality=95)
            rows.append((f"{name}/clip{seed}", shown[0], shown[-1], "hidden" if hidden else "absent"))
    write_table(root / "clips.csv", ("clip", "first", "last", "otherwise"), rows)
    return root


def write_video(file: Path, frames: Sequence[Image.Image]) -> None:
    """A video file; needs PyAV."""
    import av

    with av.open(str(file), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = *frames[0].size, "yuv420p", 4_000_000
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_image(frame)))
        container.mux(stream.encode(None))
