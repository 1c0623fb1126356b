"""Does asking pay on a folder of photographs and clips? The probe, on pictures that this script makes.

A folder of anyone's own cannot be measured beforehand: what a photograph shows around its subject may tell on it. So
that the scenes are measured and not a photographer's habits, the pictures made here show drawings before grounds that
tell nothing, at any place and size, each with its box; the clips show one for a while, which else is behind a board
or not there. The probe is trained on the training pictures and tested on the test ones, which it has never seen.

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
PICTURES, CLIPS, FRAMES = 60, 12, 16

Edges = tuple[int, int, int, int]


def main() -> None:
    """Make the pictures, train, test, write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--episodes", type=int, default=2000, help="training episodes per scenario")
    parser.add_argument("--tested", type=int, default=600, help="test episodes per scenario")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "docs")
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, make in (("photographs", photographs), ("covered", clips), ("absent", clips)):
            root = Path(folder) / name
            make(root, name == "covered")
            rows += measured(root, options)
    options.out.mkdir(parents=True, exist_ok=True)
    with (options.out / "probe_folder.csv").open("w", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, rows[0].keys(), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
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


def photographs(root: Path, covered: bool) -> None:
    """``PICTURES`` of each thing, with a table of boxes."""
    del covered
    with table(root / "boxes.csv", "file", "left", "top", "right", "bottom") as writer:
        for name, number, folder in each(root, PICTURES):
            draw = Draw(f"{name} {number}")
            picture, edges = composed(draw, name, draw.between(0.3, 0.6))
            picture.save(folder / f"{number}.jpg", quality=92)
            writer.writerow([f"{name}/{number}.jpg", *edges])


def clips(root: Path, covered: bool) -> None:
    """``CLIPS`` of each thing, with a table of the frames that show it."""
    with table(root / "clips.csv", "clip", "first", "last", "otherwise") as writer:
        for name, number, folder in each(root, CLIPS):
            draw = Draw(f"{name} {number} {covered}")
            first = draw.whole(4, FRAMES - 6)
            last = first + draw.whole(1, 3)
            clear, edges = composed(draw, name, draw.between(0.35, 0.5))
            ground, _ = composed(Draw(f"{name} {number} {covered}"), "", 0.4)
            (folder / str(number)).mkdir()
            for frame in range(1, FRAMES + 1):
                shown = (clear if covered or first <= frame <= last else ground).copy()
                if covered and not first <= frame <= last:
                    board(shown, edges)
                shown.save(folder / str(number) / f"{frame:04}.jpg", quality=92)
            writer.writerow([f"{name}/{number}", first, last, "hidden" if covered else "absent"])


def composed(draw: Draw, name: str, size: float) -> tuple[Image.Image, Edges]:
    """The thing somewhere before a ground that tells nothing, and its box; without a name, the ground alone."""
    width, height = draw.one(((320, 240), (240, 320), (280, 280)))
    rough = np.random.default_rng(draw.whole(0, 2**31)).integers(30, 220, (9, 9, 3)).astype(np.uint8)
    picture = Image.fromarray(rough).resize((width, height), Image.Resampling.BICUBIC)
    if not name:
        return picture, (0, 0, width, height)
    thing = drawings().subjects[name].likenesses[0].picture().copy()
    longest = round(size * min(width, height))
    thing.thumbnail((longest, longest))
    left, top = (draw.whole(0, room) for room in (width - thing.width, height - thing.height))
    picture.paste(thing, (left, top), thing)
    return picture, (left, top, left + thing.width, top + thing.height)


def board(picture: Image.Image, edges: Edges) -> None:
    """A dark square before whatever is in the box, which tells nothing of its shape."""
    middle = (edges[0] + edges[2]) / 2, (edges[1] + edges[3]) / 2
    half = 0.28 * min(picture.size)
    ImageDraw.Draw(picture).rectangle(
        (middle[0] - half, middle[1] - half, middle[0] + half, middle[1] + half), (40, 36, 30)
    )


def each(root: Path, number: int) -> Iterator[tuple[str, int, Path]]:
    """Names, numbers and folders."""
    for name in THINGS:
        (root / name).mkdir(parents=True)
        for place in range(number):
            yield name, place, root / name


@contextmanager
def table(file: Path, *columns: str) -> Iterator[Any]:
    """A CSV file to be filled in."""
    file.parent.mkdir(parents=True)
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        yield writer


if __name__ == "__main__":
    main()
