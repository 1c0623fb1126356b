"""Does asking pay on a folder of photographs and clips? The probe, on pictures that this script makes.

A folder of anyone's own cannot be measured beforehand: what a photograph shows around its subject may tell on it. So
that the scenes are measured and not a photographer's habits, the pictures made here show drawings before grounds that
tell nothing, at any place and size, each with its box; in the clips a drawing moves along, and is behind a board or not
there but for a while. The probe is trained on the training pictures and tested on the test ones, which are new to it.

    python benchmarks/probe_folder.py                                # writes docs/probe_folder.csv
    python benchmarks/probe_folder.py --episodes 200 --epochs 1 --out /tmp/probe
"""

import argparse
import csv
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw
from probe import FIRST_GOAL, SIDE, SUFFICIENT_GOAL, TRAINED_FROM, named, pictures, trained

from proactive_gym.draw import Draw
from proactive_gym.envs import SCENARIOS
from proactive_gym.evaluation.statistics import share
from proactive_gym.sources.folder.source import FolderSource
from proactive_gym.sources.scenes.subjects import drawings
from proactive_gym.world import SUFFICIENT

THINGS = ("dog", "apple", "hammer", "guitar", "cactus", "car", "umbrella", "key", "fish", "airplane", "banana")
"""So few that each split has pictures of all of them."""
PICTURES, CLIPS, FRAMES = 60, 120, 12
SIZES = {"photographs": (0.3, 0.6), "clips": (0.4, 0.6)}
"""Of the drawings, in shorter sides of the picture; frames are shown whole, so that what is in them looks smaller."""
BOARD = 0.64
"""The board's side, likewise."""


def main() -> None:
    """Make the pictures, train, test, write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--episodes", type=int, default=2000, help="training episodes per scenario")
    parser.add_argument("--tested", type=int, default=1000, help="test episodes per scenario")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "docs")
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        photographs(root)
        clips(root)
        rows = measured(root, options)
    options.out.mkdir(parents=True, exist_ok=True)
    with (options.out / "probe_folder.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    for row in rows:
        print(*row.values())
    print(f"goals: at most {FIRST_GOAL:.0%} on first pictures, at least {SUFFICIENT_GOAL:.0%} on sufficient ones")


def measured(root: Path, options: argparse.Namespace) -> list[dict[str, object]]:
    """A row for each scenario that the folder drives."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the splits share their classes is meant here
        learnt, tested = (FolderSource(root, split, SIDE) for split in ("train", "test"))
    scenarios = [scenario for scenario in SCENARIOS if tested.drives(scenario)]
    seen = [pictures(learnt, scenario, TRAINED_FROM, options.episodes) for scenario in scenarios]
    new = [pictures(tested, scenario, 0, options.tested) for scenario in scenarios]
    network = trained(seen, len(THINGS), options.epochs)
    rows: list[dict[str, object]] = []
    for scenario, shown in zip(scenarios, new, strict=True):
        hits = named(network, shown)
        row: dict[str, object] = {"scenario": scenario.name}
        for kind, of in (("first", shown.first), ("sufficient", shown.sufficiencies >= SUFFICIENT)):
            estimate = share(hits[of])
            row |= {
                kind: f"{estimate.value:.3f}",
                f"{kind}_low": f"{estimate.low:.3f}",
                f"{kind}_high": f"{estimate.high:.3f}",
            }
        rows.append(row)
    return rows


def photographs(root: Path) -> None:
    """``PICTURES`` of each thing, with a table of boxes."""
    with table(root / "boxes.csv", "file", "left", "top", "right", "bottom") as writer:
        for name, number in each(PICTURES):
            draw = Draw(f"{name} {number}")
            picture = ground(draw)
            thing = drawn(name, draw.between(*SIZES["photographs"]) * min(picture.size))
            left, top = somewhere(draw, picture, thing)
            picture.paste(thing, (left, top), thing)
            place = f"{name}/{number}.jpg"
            save(picture, root / place)
            writer.writerow([place, left, top, left + thing.width, top + thing.height])


def clips(root: Path) -> None:
    """``CLIPS`` of each thing that are covered at times, as many that it is absent from, with a table of both."""
    with table(root / "clips.csv", "clip", "first", "last", "otherwise") as writer:
        for name, number in each(2 * CLIPS):
            otherwise = ("hidden", "absent")[number % 2]
            draw = Draw(f"{name} clip {number}")
            first = draw.whole(4, FRAMES - 6)
            last = first + draw.whole(1, 3)
            empty = ground(draw)
            thing = drawn(name, draw.between(*SIZES["clips"]) * min(empty.size))
            begins, ends = (np.array(somewhere(draw, empty, thing)) for _ in range(2))
            place = f"{name}/clip {number}"
            for frame in range(1, FRAMES + 1):
                left, top = (begins + (ends - begins) * frame / FRAMES).round().astype(int).tolist()
                picture = empty.copy()
                if first <= frame <= last:
                    picture.paste(thing, (left, top), thing)
                elif otherwise == "hidden":
                    put_board(picture, (left + thing.width / 2, top + thing.height / 2))
                save(picture, root / place / f"{frame:04}.jpg")
            writer.writerow([place, first, last, otherwise])


def ground(draw: Draw) -> Image.Image:
    """A ground that tells nothing."""
    rough = np.random.default_rng(draw.whole(0, 2**31)).integers(30, 220, (9, 9, 3)).astype(np.uint8)
    return Image.fromarray(rough).resize(draw.one(((320, 240), (240, 320), (280, 280))), Image.Resampling.BICUBIC)


def drawn(name: str, longest: float) -> Image.Image:
    """The drawing, so many pixels long on its longer side."""
    thing = drawings().subjects[name].likenesses[0].picture().copy()
    thing.thumbnail((round(longest), round(longest)))
    return thing


def somewhere(draw: Draw, picture: Image.Image, thing: Image.Image) -> tuple[int, int]:
    """A left upper corner where the thing is within the picture."""
    return draw.whole(0, picture.width - thing.width), draw.whole(0, picture.height - thing.height)


def put_board(picture: Image.Image, middle: tuple[float, float]) -> None:
    """Put a dark square before whatever is there, which tells nothing of its shape."""
    (x, y), half = middle, BOARD / 2 * min(picture.size)
    ImageDraw.Draw(picture).rectangle((x - half, y - half, x + half, y + half), (40, 36, 30))


def save(picture: Image.Image, file: Path) -> None:
    """Save the picture, and make its folder if it is new."""
    file.parent.mkdir(parents=True, exist_ok=True)
    picture.save(file, quality=92)


def each(number: int) -> Iterator[tuple[str, int]]:
    """Names and numbers."""
    return ((name, place) for name in THINGS for place in range(number))


@contextmanager
def table(file: Path, *columns: str) -> Iterator[Any]:
    """A CSV file to be filled in."""
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        yield writer


if __name__ == "__main__":
    main()
