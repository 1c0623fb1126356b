"""Fills in the column ``drawings`` of ``proactive_gym/data/doodles.tsv``: which packaged drawings can be recognised.

A small network is trained on two thirds of the drawings of all words, and says of the others which word they are of;
three times over, so that every drawing is judged by a network that has not seen it. A drawing is kept if its own word
is some times as likely as any other in the table, but those that it may be mistaken for; and if its lines, once traced,
cover its ink. The column is a hexadecimal number whose bit ``i`` stands for drawing ``i`` (counted from 0). A word with
fewer than 20 drawings kept is left out altogether.

    python tools/choose_doodles.py FOLDER    # the package's folder with the .ndjson.gz files; about 10 minutes
"""

import argparse
import csv
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from torch import nn
from torch.nn import functional

from proactive_gym.sources.doodles.bitmaps import SIDE, pictures
from proactive_gym.sources.doodles.tracing import traced

TABLE = Path(__file__).parents[1] / "proactive_gym" / "data" / "doodles.tsv"
FOLDS, EPOCHS, BATCH = 3, 10, 128
BARE = 0.1
"""The largest share of the ink that may lie farther than ``REACH`` pixels from the traced lines."""
REACH = 1.6
AHEAD = 2.0
"""How many times as likely its own word must be as the next: with more, fewer words have drawings enough."""
FEWEST = 20
TOO_FEW = f"fewer than {FEWEST} of 100 packaged drawings can be recognised"
Bitmaps = NDArray[np.uint8]


def main() -> None:
    """Judge all drawings, and write the table anew."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    rows = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines(), delimiter="\t"))
    drawings = np.stack([pictures(options.folder / f"{row['word']}.ndjson.gz") for row in rows])
    for row in rows:
        row["left_out"] = row["left_out"].replace(TOO_FEW, "")
    keep(drawings, first_of_all(judged(drawings), rows), rows)
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def keep(drawings: Bitmaps, recognised: NDArray[np.bool_], rows: list[dict[str, str]]) -> None:
    """Note in each row which of its drawings are kept."""
    for place, row in enumerate(rows):
        if row["left_out"]:
            continue
        kept = [i for i in np.flatnonzero(recognised[place]).tolist() if bare(drawings[place, i]) <= BARE]
        row["drawings"] = f"{sum(1 << i for i in kept):x}"
        row["left_out"] = "" if len(kept) >= FEWEST else TOO_FEW
        print(f"{row['word']}: {len(kept)} kept, {int(recognised[place].sum())} recognised", flush=True)


def first_of_all(scores: NDArray[np.float32], rows: list[dict[str, str]]) -> NDArray[np.bool_]:
    """For each word and drawing, whether the word is well ahead of all others that it is not mistaken for."""
    names = [row["name"] for row in rows]
    first = np.zeros(scores.shape[:2], dtype=bool)
    for place, row in enumerate(rows):
        alike = {row["name"], *row["mistaken_for"].split("|")}
        against = [i for i, other in enumerate(rows) if names[i] not in alike and not other["left_out"]]
        first[place] = scores[place, :, place] > AHEAD * scores[place][:, against].max(1)
    return first


def bare(drawing: Bitmaps) -> float:
    """The share of the drawing's ink that is not on its traced lines."""
    free = np.ones((4 * SIDE, 4 * SIDE), dtype=bool)
    for stroke in traced(drawing):
        for x, y in np.clip(4 * stroke, 0, 4 * SIDE - 1).astype(int).tolist():
            free[y, x] = False
    if free.all():
        return 1.0
    away = distance_transform_edt(free)[2::4, 2::4] > 4 * REACH
    ink = drawing > 127
    return float(away[ink].mean()) if ink.any() else 1.0


def judged(drawings: Bitmaps) -> NDArray[np.float32]:
    """For each word and drawing, the probability of every word, by a network that has not seen the drawing."""
    words, number = drawings.shape[:2]
    centred = torch.from_numpy(np.stack([[in_the_middle(one) for one in some] for some in drawings]))[:, :, None]
    scores = np.zeros((words, number, words), dtype=np.float32)
    for fold in range(FOLDS):
        torch.manual_seed(fold)
        began, held = time.perf_counter(), np.arange(number) % FOLDS == fold
        network = trained(centred[:, ~held], words)
        shown = centred[:, held].flatten(0, 1).float() / 255
        scores[:, held] = probabilities(network, shown).reshape(words, -1, words)
        right = (scores[:, held].argmax(2) == np.arange(words)[:, None]).mean()
        print(f"fold {fold}: {right:.1%} right, {time.perf_counter() - began:.0f} s", flush=True)
    return scores


def in_the_middle(drawing: Bitmaps) -> Bitmaps:
    """The drawing moved from the left upper corner into the middle."""
    down, across = (np.flatnonzero((drawing > 40).any(axis)) for axis in (1, 0))
    if not len(down):
        return drawing
    shift = [(SIDE - 1 - int(places[-1]) - int(places[0])) // 2 for places in (down, across)]
    return np.roll(drawing, shift, (0, 1))


def trained(drawings: torch.Tensor, words: int) -> nn.Module:
    """A network that tells the words apart, however the drawings lean."""
    shown, right = drawings.flatten(0, 1), torch.arange(words).repeat_interleave(drawings.shape[1])
    network, steps = recogniser(words), EPOCHS * (len(right) // BATCH)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps + 1)
    for _ in range(EPOCHS):
        for some in torch.randperm(len(right))[: len(right) // BATCH * BATCH].split(BATCH):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                said = network(leaning(shown[some].float() / 255))
            loss = functional.cross_entropy(said.float(), right[some], label_smoothing=0.05)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return network


def recogniser(words: int) -> nn.Sequential:
    """Three convolutions and a linear layer."""
    layers: list[nn.Module] = []
    for before, after in ((1, 24), (24, 64), (64, 160)):
        layers += [nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        layers += [nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.3), nn.Linear(160 * 9, words))


def leaning(drawings: torch.Tensor) -> torch.Tensor:
    """Each turned, scaled, moved and mirrored a little."""
    number = len(drawings)
    angle, scale = 0.5 * (torch.rand(number) - 0.5), 0.85 + 0.35 * torch.rand(number)
    mirrored = torch.where(torch.rand(number) < 0.5, -1.0, 1.0)
    shift = 0.3 * (torch.rand(2, number) - 0.5)
    rows = (
        (mirrored * scale * angle.cos(), -scale * angle.sin(), shift[0]),
        (mirrored * scale * angle.sin(), scale * angle.cos(), shift[1]),
    )
    grid = functional.affine_grid(
        torch.stack([torch.stack(row, 1) for row in rows], 1), list(drawings.shape), align_corners=False
    )
    return functional.grid_sample(drawings, grid, align_corners=False)


@torch.no_grad()
def probabilities(network: nn.Module, drawings: torch.Tensor) -> NDArray[np.float32]:
    """Of every word, the mean over the drawing and its mirror image."""
    network.eval()
    parts = [(network(some).softmax(1) + network(some.flip(3)).softmax(1)) / 2 for some in drawings.split(500)]
    return torch.cat(parts).numpy()


if __name__ == "__main__":
    main()
