"""Why things stand in boxes: how often the probe names them from behind when they stand there bare.

The network of ``benchmarks/probe.py`` is trained and tested on two views of each thing of the source ``furniture``,
from behind and from the front, once in its box and once with nothing around it.

    python benchmarks/furniture_backs.py
"""

import argparse
from collections.abc import Mapping

import probe
import torch

from proactive_gym.envs.viewpoint import OpenBoxTurnedAround, Viewpoint
from proactive_gym.sources import make_source
from proactive_gym.sources.scenes.frame import Frame, Layer
from proactive_gym.sources.scenes.open_box import INFORMATIVE, Inside
from proactive_gym.sources.scenes.source import ScenesSource
from proactive_gym.sources.scenes.stage import Stage


class InBox(OpenBoxTurnedAround):
    """A thing in its box, which one request turns from its back to its front."""

    def moves(self, place: float) -> Mapping[str, float]:
        """Half a turn."""
        return {"rotate": 1 - place}

    def _yaw(self, place: float) -> int:
        yaw = INFORMATIVE if place == self.best else INFORMATIVE - 180
        return (yaw if self.clockwise else -yaw) % 360


class Bare(InBox):
    """The same without the box."""

    def picture(self, place: float) -> Frame:
        """The thing in the room."""
        inside = Inside(self.likeness, self._yaw(place), not self.clockwise)
        return Frame((Layer(self.room), Layer(inside, inside.at(self.x, self.y))))


class HalfATurn(Viewpoint):
    """The scenario viewpoint with one such scene."""

    scene: type[InBox] = InBox

    def set_scene(self, stage: Stage) -> InBox:
        """The scene that there would be, but for its turns."""
        return self.scene(**{**vars(super().set_scene(stage)), "best": 1, "turns": 2})


class BareHalfATurn(HalfATurn):
    """The same without boxes."""

    scene = Bare


def main() -> None:
    """Train and test on both, and print both rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", help="where the furniture is, if not installed")
    parser.add_argument("--episodes", type=int, default=1500)
    parser.add_argument("--tested", type=int, default=500)
    parser.add_argument("--epochs", type=int, default=12)
    options = parser.parse_args()
    source = make_source("furniture", options.data_dir, "test", probe.SIDE)
    assert isinstance(source, ScenesSource)
    for scenario in (HalfATurn(), BareHalfATurn()):
        torch.manual_seed(0)
        train = probe.pictures(source, scenario, probe.TRAINED_FROM, options.episodes)
        test = probe.pictures(source, scenario, 0, options.tested)
        network = probe.trained([train], len(source.catalogue.of("test")), options.epochs)
        hit = probe.named(network, test)
        shown = {"from behind": hit[test.first], "from the front": hit[~test.first]}
        print(type(scenario).__name__, {name: f"{100 * hits.mean():.1f} %" for name, hits in shown.items()}, flush=True)


if __name__ == "__main__":
    main()
