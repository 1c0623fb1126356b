"""Rendered episodes to test with, and all that is to be seen in them."""

from __future__ import annotations

from functools import cache

import pytest

from proactive_gym.envs import SCENARIOS
from proactive_gym.envs.desk import Desk
from proactive_gym.sources.scenes.frame import Frame

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
