"""Does asking pay? A small network tries to name the subject in rendered pictures, before and after asking.

It is trained on pictures of all kinds, first ones included, of the very subjects it is tested on, so that whatever a
first picture gives away it can learn. Tested on other episodes, it should name the subject among the menu's four
answers no better than by guessing (25 %) on first pictures, and almost always on sufficient ones.

    python benchmarks/probe.py            # writes docs/probe.csv, docs/probe.md and docs/probe.png
    python benchmarks/probe.py --episodes 200 --epochs 1 --out /tmp/probe      # a quick look
    python benchmarks/probe.py --source photos      # of another source (docs/sources.md): docs/probe_photos.csv, …
"""

import argparse
import csv
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import nn

from proactive_gym.envs import SCENARIOS, Scenario
from proactive_gym.episode import Episode
from proactive_gym.evaluation.statistics import Estimate, share
from proactive_gym.menu import Kind
from proactive_gym.setting import Setting
from proactive_gym.sources import make_source
from proactive_gym.sources.scenes.source import ScenesSource
from proactive_gym.world import SUFFICIENT, shortest_route

SIDE = 64
FIRST_GOAL, SUFFICIENT_GOAL = 0.40, 0.95
TRAINED_FROM = 1_000_000
"""Episodes from here up are trained on, those from 0 are tested on."""
TUNED = (
    "The strengths of the pictures, and the curve by which image quality counts a picture as sufficient, were set "
    "while looking at this probe on this split; the figures are therefore a check that the settings hold, not an "
    "independent test."
)
NOT_TUNED = "Nothing was tuned on this split: the strengths of the pictures were set while looking at the `test` split."
TRANSFERRED = (
    "The strengths of the pictures are those that were set on the drawings ([the probe](probe.md)); none of them was "
    "set on this source."
)
SET_ON = {
    "photos": "The strengths of the pictures are those that were set on the drawings ([the probe](probe.md)), but for "
    "framing: how much of a photograph is in its first picture, and how the rug lies, was set with a probe of framing "
    "alone on the validation split, which named 36.7 % of first pictures in the end, and 45.9 % on the way.",
    "furniture": "The strengths of the pictures are those that were set on the drawings ([the probe](probe.md)) and, "
    "for framing, on photographs. That models are framed as photographs are was decided here: framed as drawings are, "
    "43.5 % of first pictures were named.",
    "doodles": "How large people's drawings are and where on the sheet they lie was set with this probe on the "
    "validation split: there it named 35.0 % [32.1, 38.0] of first pictures and 96.9 % [95.9, 97.7] of sufficient "
    "ones, after 10,000 episodes about 38 words. The test split, of 80 words, got as many episodes a word, and was "
    "looked at once with these settings, and once more when pens' lines came to be sampled otherwise.",
}
"""On what the strengths of a source's pictures were set, where not on drawings alone."""
USUAL = {"source": "scenes", "episodes": 3000, "tested": 1000, "epochs": 6, "split": "test", "seed": 0}
"""What is not given on the command line."""
CHANNELS = 6
"""Of what the network is shown of a picture."""
BINS = (0.0, 0.02, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1.001)


@dataclass
class Pictures:
    """Pictures of one scenario: pixels, what is on them, what is on the menu, how much they show."""

    pixels: np.ndarray
    subjects: np.ndarray
    menus: np.ndarray
    sufficiencies: np.ndarray
    first: np.ndarray


def main() -> None:
    """Train, test, write the table and the plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", help="scenes, photos or another that renders (default: scenes)")
    parser.add_argument("--data-dir", help="where its pictures are, if not installed")
    parser.add_argument("--episodes", type=int, help="training episodes per scenario")
    parser.add_argument("--tested", type=int, help="test episodes per scenario")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--split")
    parser.add_argument("--seed", type=int)
    parser.set_defaults(**USUAL)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "docs")
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    began = time.perf_counter()
    source = make_source(options.source, options.data_dir, options.split, SIDE)
    if not isinstance(source, ScenesSource):
        parser.error(f"--source {options.source} renders no scenes, so that nothing says what its pictures show")
    scenarios = [scenario for scenario in SCENARIOS if source.drives(scenario)]
    train = [pictures(source, scenario, TRAINED_FROM, options.episodes) for scenario in scenarios]
    test = [pictures(source, scenario, 0, options.tested) for scenario in scenarios]
    print(f"painted {sum(len(p.pixels) for p in [*train, *test])} pictures in {time.perf_counter() - began:.0f} s")
    network = trained(train, len(source.catalogue.of(options.split)), options.epochs)
    print(f"trained after {time.perf_counter() - began:.0f} s")
    hits = [named(network, shown) for shown in test]
    options.out.mkdir(parents=True, exist_ok=True)
    stem = "probe" if options.source == "scenes" else f"probe_{options.source}"
    rows = table(scenarios, test, hits)
    write_table(rows, options, stem)
    write_plot(scenarios, test, hits, options.out / f"{stem}.png")
    print((options.out / f"{stem}.md").read_text(encoding="utf-8"))


def pictures(source: ScenesSource, scenario: Scenario, first: int, number: int) -> Pictures:
    """The pictures that an ideal asker sees in ``number`` episodes, and the best one of each."""
    names = [subject.option for subject in source.catalogue.of(source.split)]
    index = {name: place for place, name in enumerate(names)}
    frames, subjects, menus, sufficiencies, firsts = [], [], [], [], []
    for episode in episodes(source, scenario, first, number):
        menu = [index[option.text] for option in episode.menu if option.kind is Kind.ANSWER]
        right = index[episode.texts[episode.answer]]
        menu.sort(key=lambda place: place != right)  # the right one first
        for step, place in enumerate(places(episode)):
            frames.append(episode.world.picture(place))
            subjects.append(right)
            menus.append(menu)
            sufficiencies.append(episode.world.sufficiency(place))
            firsts.append(step == 0)
    return Pictures(source.paint(frames), *map(np.array, (subjects, menus, sufficiencies, firsts)))


def episodes(source: ScenesSource, scenario: Scenario, first: int, number: int) -> Iterator[Episode]:
    """Episodes by number."""
    for place in range(first, first + number):
        yield source.episode([scenario], source.episode_name([scenario], place, Setting()), Setting())


def places(episode: Episode) -> list[object]:
    """From the first picture to a sufficient one, and the best."""
    place, seen = episode.start, [episode.start]
    for name in shortest_route(episode.world, episode.start, episode.turns - 1) or ():
        place = episode.world.moves(place)[name]
        seen.append(place)
    return seen if episode.world.best in seen else [*seen, episode.world.best]


class Probe(nn.Sequential):
    """Four convolutions and a linear layer: 0.4 million parameters."""

    def __init__(self, classes: int) -> None:
        """One score per class."""
        widths = (CHANNELS, 32, 64, 128, 192)
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            size, stride = (5, 2) if before == CHANNELS else (3, 1)
            convolution = nn.Conv2d(before, after, size, stride, padding=size // 2, bias=False)
            layers += [convolution, nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2)]
        layers[-1] = nn.AdaptiveMaxPool2d(1)
        super().__init__(*layers, nn.Flatten(), nn.Linear(widths[-1], classes))


def trained(train: list[Pictures], classes: int, epochs: int) -> Probe:
    """A probe that has seen all the training pictures ``epochs`` times."""
    pixels = torch.from_numpy(np.concatenate([shown.pixels for shown in train])).permute(0, 3, 1, 2).contiguous()
    subjects = torch.from_numpy(np.concatenate([shown.subjects for shown in train]))
    network, size = Probe(classes), 128
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-3)
    steps = epochs * (len(pixels) // size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps + 1)
    for epoch in range(epochs):
        order, losses = torch.randperm(len(pixels)), []
        for start in range(0, len(pixels) - size + 1, size):
            batch = order[start : start + size]
            loss = nn.functional.cross_entropy(network(as_input(pixels[batch])), subjects[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1}/{epochs}: loss {np.mean(losses):.3f}", flush=True)
    return network


def as_input(pixels: torch.Tensor) -> torch.Tensor:
    """The pictures from -1 to 1, and beside them as an eye used to their light sees them: in full contrast."""
    shown = pixels.float() / 127.5 - 1
    spread, mean = torch.std_mean(shown, dim=(2, 3), keepdim=True)
    return torch.cat([shown, (shown - mean) / (spread + 1 / 255)], dim=1)


@torch.no_grad()
def named(network: Probe, shown: Pictures) -> np.ndarray:
    """For each picture, whether the probe prefers the right answer among the menu's four."""
    network.eval()
    pixels = torch.from_numpy(shown.pixels).permute(0, 3, 1, 2)
    scores = torch.cat([network(as_input(part)) for part in pixels.split(512)]).numpy()
    return np.argmax(np.take_along_axis(scores, shown.menus, axis=1), axis=1) == 0


def table(scenarios: Sequence[Scenario], test: list[Pictures], hits: list[np.ndarray]) -> list[dict[str, object]]:
    """A row per scenario, and one for all."""
    rows = []
    for scenario, shown, hit in zip(scenarios, test, hits, strict=True):
        rows.append(
            row(scenario.name, hit[shown.first], hit[shown.sufficiencies >= SUFFICIENT], correlation(shown, hit))
        )
    first = np.concatenate([hit[shown.first] for shown, hit in zip(test, hits, strict=True)])
    enough = np.concatenate([hit[shown.sufficiencies >= SUFFICIENT] for shown, hit in zip(test, hits, strict=True)])
    return [*rows, row("all", first, enough, float("nan"))]


def row(name: str, first: np.ndarray, enough: np.ndarray, rank: float) -> dict[str, object]:
    """Both shares with their 95 % intervals, and whether they meet the goals."""
    low, high = share(list(first)), share(list(enough))
    return {
        "scenario": name,
        "first_pictures": len(first),
        **named_estimate("first", low),
        "sufficient_pictures": len(enough),
        **named_estimate("sufficient", high),
        "rank_correlation": round(rank, 3),
        "goals_met": low.value <= FIRST_GOAL and high.value >= SUFFICIENT_GOAL,
    }


def named_estimate(name: str, estimate: Estimate) -> dict[str, float]:
    """An estimate as three columns."""
    return {
        name: round(estimate.value, 4),
        f"{name}_low": round(estimate.low, 4),
        f"{name}_high": round(estimate.high, 4),
    }


def binned(shown: Pictures, hit: np.ndarray) -> list[tuple[float, Estimate]]:
    """Accuracy by sufficiency, in bins that hold at least twenty pictures."""
    found = []
    for low, high in pairwise(BINS):
        inside = (shown.sufficiencies >= low) & (shown.sufficiencies < high)
        if inside.sum() >= 20:
            found.append((float(shown.sufficiencies[inside].mean()), share(list(hit[inside]))))
    return found


def correlation(shown: Pictures, hit: np.ndarray) -> float:
    """Spearman's rank correlation of sufficiency and being named rightly, over pictures."""
    ranks = [np.unique(values, return_inverse=True, return_counts=True) for values in (shown.sufficiencies, hit)]
    mean_ranks = [(np.cumsum(counts) - (counts - 1) / 2)[inverse] for _, inverse, counts in ranks]
    return float(np.corrcoef(*mean_ranks)[0, 1])


def write_table(rows: list[dict[str, object]], options: argparse.Namespace, stem: str) -> None:
    """The table as CSV and as Markdown."""
    with (options.out / f"{stem}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    scenes = options.source == "scenes"
    lines = [
        "# Asking pays: the probe" if scenes else f"# Asking pays: the probe on the source {options.source}",
        "",
        "A small network, which sees pictures as they are and in full contrast, is trained on "
        f"{options.episodes} episodes per scenario of the `{options.split}` split; tested on {options.tested} others, "
        "it names the subject among the menu's four answers (chance is 25 %). "
        "Brackets are 95 % intervals. Goals: at most 40 % on first pictures, at least 95 % on sufficient ones. "
        f"Made by `{command(options)}`.",
        "",
        (TUNED if options.split == "test" else NOT_TUNED) if scenes else SET_ON.get(options.source, TRANSFERRED),
        "",
        "| scenario | first pictures | sufficient pictures | rank correlation with sufficiency |",
        "|---|---|---|---|",
    ]
    for found in rows:
        first, enough = (written(found, name) for name in ("first", "sufficient"))
        rank = "" if found["scenario"] == "all" else f"{found['rank_correlation']:.2f}"
        lines.append(f"| {found['scenario']} | {first} | {enough} | {rank} |")
    page = [*lines, "", f"![Accuracy by sufficiency]({stem}.png)", ""]
    (options.out / f"{stem}.md").write_text("\n".join(page), encoding="utf-8")


def command(options: argparse.Namespace) -> str:
    """What was typed, but for where the pictures are and where the files go."""
    given = [(name, getattr(options, name)) for name, usual in USUAL.items() if getattr(options, name) != usual]
    return " ".join(["python benchmarks/probe.py", *[f"--{name} {value}" for name, value in given]])


def written(found: dict[str, object], name: str) -> str:
    """A share and its interval, in %."""
    value, low, high = (100 * float(str(found[key])) for key in (name, f"{name}_low", f"{name}_high"))
    return f"{value:.1f} % [{low:.1f}, {high:.1f}]"


def write_plot(scenarios: Sequence[Scenario], test: list[Pictures], hits: list[np.ndarray], file: Path) -> None:
    """Accuracy against sufficiency, a panel per scenario."""
    from matplotlib.figure import Figure

    columns = min(4, len(scenarios) + 1)
    rows = math.ceil((len(scenarios) + 1) / columns)
    figure = Figure(figsize=(3 * columns, 2.8 * rows), layout="constrained")
    panels = list(figure.subplots(rows, columns, sharex=True, sharey=True).flat)
    for panel, scenario, shown, hit in zip(panels, scenarios, test, hits, strict=False):
        points = binned(shown, hit)
        xs, ys = [x for x, _ in points], [estimate.value for _, estimate in points]
        reach = np.array([(estimate.value - estimate.low, estimate.high - estimate.value) for _, estimate in points]).T
        panel.errorbar(xs, ys, yerr=reach, marker="o", capsize=3, color="#3460a8")
        panel.axhline(0.25, color="#888888", linestyle=":", linewidth=1)
        panel.axvline(SUFFICIENT, color="#e08a36", linestyle="--", linewidth=1)
        panel.set_title(scenario.name.replace("_", " "), fontsize=11)
        panel.set_ylim(0, 1.03)
        panel.grid(alpha=0.25)
    for panel in panels[len(scenarios) :]:
        panel.axis("off")
    legend = "points: mean of a bin, 95 % interval\ndotted: chance\ndashed: sufficient from here"
    panels[-1].text(0, 0.5, legend, va="center")
    figure.supxlabel("sufficiency of the picture")
    figure.supylabel("probe names the subject\namong four")
    figure.savefig(file, dpi=110)


if __name__ == "__main__":
    main()
