"""How it is measured."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast
from zlib import crc32

import gymnasium as gym
import numpy as np
from gymnasium.utils import performance
from numpy.typing import NDArray

from proactive_gym.agents.base import Turn
from proactive_gym.benchmark.figures import BATCH, OPEN, SUITE, Rates
from proactive_gym.envs.desk import Desk
from proactive_gym.menu import Kind, Menu
from proactive_gym.rollout import episode_names, make_desk, play
from proactive_gym.sources import Source
from proactive_gym.sources.batches import batches
from proactive_gym.sources.scenes.source import ScenesSource


def make_vec(lanes: int, **arguments: Any) -> gym.vector.VectorEnv[Any, Any, Any]:
    """The suite with that many lanes."""
    return gym.make_vec(SUITE, num_envs=lanes, vectorization_mode="vector_entry_point", **arguments)


def played(env: gym.Env[Any, Any], seconds: float) -> Rates:
    """Random play, and the play of someone who always asks."""
    return {**rates(env, seconds), "steps/s, asking": _asked(env, seconds)}


def rates(env: gym.Env[Any, Any], seconds: float) -> Rates:
    """Steps of random play with the resets that it takes, its steps alone, and resets alone."""
    steps = performance.benchmark_step(env, cast(int, seconds))  # Gymnasium says int, and takes what can be compared

    def reset() -> int:
        env.reset()
        return 1

    return {"steps/s": steps, "steps/s, resets apart": _steps_alone(env, seconds), "resets/s": _rate(reset, seconds)}


def _steps_alone(env: gym.Env[Any, Any], seconds: float) -> float:
    """Steps of random play in a second of ``step``; the time that resets take between them does not count."""
    done, spent, start = 0, 0.0, time.perf_counter()
    env.reset()
    while time.perf_counter() - start < seconds or not done:
        action, before = env.action_space.sample(), time.perf_counter()
        _, _, terminated, truncated, _ = env.step(action)
        spent += time.perf_counter() - before
        done += 1
        if terminated or truncated:
            env.reset()
    return done / spent


def _rate(once: Callable[[], int], seconds: float) -> float:
    """How many of what ``once`` counts go into a second."""
    done, start = 0, time.perf_counter()
    while (passed := time.perf_counter() - start) < seconds or not done:
        done += once()
    return done / passed


def _asked(env: gym.Env[Any, Any], seconds: float) -> float:
    """Steps of someone who always asks, which makes for long episodes."""
    inner, random = cast(Any, env.unwrapped), np.random.default_rng(0)

    def episode() -> int:
        offered = env.reset()[0]["action_mask"]
        asking = _asking(inner.conversation.episode.menu, len(offered))
        steps, over = 0, False
        while not over:
            wanted = np.flatnonzero(asking & offered)
            action = wanted[int(random.random() * len(wanted))] if len(wanted) else np.argmax(offered)
            observation, _, terminated, truncated, _ = env.step(action)
            offered = observation["action_mask"]
            steps, over = steps + 1, terminated or truncated
        return steps

    return _rate(episode, seconds)


def _asking(menu: Menu, size: int) -> NDArray[np.int8]:
    """1 for each option that is an intervention."""
    numbers = menu.of_kind(Kind.INTERVENTION)
    return np.isin(np.arange(size), numbers).astype(np.int8)


class RandomPlay:
    """Random play in a vector environment."""

    def __init__(self, env: gym.vector.VectorEnv[Any, Any, Any], seed: int = 10**6) -> None:
        self.env = _Counted(env)
        env.reset(seed=seed * env.num_envs)

    def __call__(self, seconds: float) -> Rates:
        """Play that long."""
        self.env.steps = self.env.pictures = 0
        rate = _vector_steps(self, seconds)
        return {"steps/s": rate, "pictures/s": rate * self.env.pictures / self.env.steps}

    def step(self) -> int:
        """Step every lane once; says how many lanes there are."""
        self.env.step(self.env.action_space.sample())
        return self.env.num_envs


def _vector_steps(play: RandomPlay, seconds: float) -> float:
    benchmark = getattr(performance, "benchmark_vector_step", None)  # which Gymnasium has since 1.4
    return _rate(play.step, seconds) if benchmark is None else float(benchmark(play.env, seconds))


class _Counted(gym.vector.VectorWrapper):
    """Counts the steps of a vector environment, lane by lane, and the pictures that it hands over."""

    steps = pictures = 0

    def step(self, actions: Any) -> Any:
        """Step every lane once."""
        stepped = self.env.step(actions)
        self.steps += self.num_envs
        self.pictures += self.num_envs + int(np.sum(stepped[4].get("_final_obs", 0)))
        return stepped


def acquainted(env: gym.vector.VectorEnv[Any, Any, Any]) -> gym.vector.VectorEnv[Any, Any, Any]:
    """The environment after so much play that it has shown nearly everything."""
    player = RandomPlay(env)
    for _ in range(100):
        player.step()
    return env


class Gather:
    """Copies ready frames, as many as a batch has, into fresh memory."""

    def __init__(self, side: int) -> None:
        self.random = np.random.default_rng(0)
        self.frames = self.random.integers(0, 256, (4 * BATCH, side, side, 3), np.uint8)

    def __call__(self, seconds: float) -> Rates:
        """Copy that long."""
        return {"pictures/s": _rate(self._batch, seconds)}

    def _batch(self) -> int:
        return len(np.take(self.frames, self.random.integers(0, len(self.frames), BATCH), axis=0))


class Unpainted(ScenesSource):
    """Fresh episodes whose pictures are copies of ready ones: what is left if painting took no time."""

    def __init__(self, side: int) -> None:
        super().__init__(image_size=side)
        self.ready = np.zeros((4 * BATCH, side, side, 3), np.uint8)

    def paint(self, pictures: Sequence[Any]) -> NDArray[np.uint8]:
        """As many copies."""
        copies = batches.empty((len(pictures), *self.ready.shape[1:]))
        return self.ready.take(np.arange(len(pictures)) % len(self.ready), axis=0, out=copies, mode="clip")


class FreeAgent:
    """Replies at once, so that all the time a rollout takes is the gym's; counts what it is given.

    Args:
        patience: It asks up to that often, at every other one of the places where it could.
    """

    name = "free"

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.batches: list[int] = []
        self.seconds = 0.0

    def act(self, turns: Sequence[Turn]) -> list[int]:
        """An intervention while it has patience, then an answer."""
        start = time.perf_counter()
        replies = [self._reply(turn) for turn in turns]
        self.batches.append(len(turns))
        self.seconds += time.perf_counter() - start
        return replies

    def _reply(self, turn: Turn) -> int:
        asks = turn.number < crc32(turn.episode.encode()) % (self.patience + 1)
        wanted = turn.on_offer(Kind.INTERVENTION) if asks else []
        return wanted[-1] if wanted else turn.on_offer(Kind.ANSWER)[0]


class TimedSource:
    """A source that knows how long it has painted."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.seconds = 0.0

    def paint(self, pictures: Sequence[Any]) -> Any:
        """What the source paints."""
        start = time.perf_counter()
        painted = self.source.paint(pictures)
        self.seconds += time.perf_counter() - start
        return painted

    def __getattr__(self, name: str) -> Any:
        return getattr(self.source, name)


class Rollouts:
    """Rollouts of an agent that takes no time."""

    def __init__(self, side: int, episodes: int, patience: int) -> None:
        self.desk = make_desk(SUITE, {"image_size": side})
        self.source = TimedSource(self.desk.source)
        self.desk.source = cast(Source, self.source)
        self.patience, self.episodes = patience, episodes
        self.seed = 1000 * side + 50 * patience  # other episodes than others play: nothing is painted already

    def __call__(self, seconds: float) -> Rates:
        """Play the episodes, however long that takes."""
        del seconds  # the number of episodes decides
        agent, self.source.seconds, self.seed = FreeAgent(self.patience), 0.0, self.seed + 1
        full: list[int] = []
        start = time.perf_counter()
        for _ in play(agent, self.desk, self._names(agent, full), OPEN):
            pass
        passed, turns = time.perf_counter() - start, sum(agent.batches)
        return {
            "episodes/s": self.episodes / passed,
            "turns per episode": turns / self.episodes,
            "µs per turn": 1e6 * passed / turns,
            "µs without painting": 1e6 * (passed - self.source.seconds - agent.seconds) / turns,
            "occupancy": sum(agent.batches[: full[-1]]) / (full[-1] * OPEN),
            "to the end": turns / (len(agent.batches) * OPEN),
        }

    def _names(self, agent: FreeAgent, full: list[int]) -> Iterator[str]:
        """The episodes; ``full`` learns after how many batches each was begun."""
        for name in episode_names(self.desk, self.episodes, self.seed):
            full.append(max(1, len(agent.batches)))
            yield name


class Stages:
    """Where the time of a step goes, each stage for many episodes at once."""

    def __init__(self, env: str, side: int, sampled: int) -> None:
        self.desk: Desk = make_desk(env, {"image_size": side})
        self.random, self.sampled = np.random.default_rng([crc32(env.encode()), side]), sampled

    def __call__(self, seconds: float) -> Rates:
        """Take as many new episodes through all stages, however long that takes."""
        del seconds  # the number of episodes decides
        costs: Rates = {}
        names = [self.desk.drawn(self.random) for _ in range(self.sampled)]

        def timed(stage: str, work: Callable[[], Any]) -> Any:
            start = time.perf_counter()
            done = work()
            costs[f"µs, {stage}"] = 1e6 * (time.perf_counter() - start) / len(names)
            return done

        talks = timed("episode", lambda: [self.desk.begin(name) for name in names])
        pictures = timed("picture", lambda: [talk.picture for talk in talks])
        timed("painting", lambda: self.desk.source.paint(pictures))
        timed("dialogue", lambda: [talk.dialogue for talk in talks])
        timed("mask", lambda: [talk.mask(self.desk.menu_size) for talk in talks])
        choices = [int(self.random.choice(np.flatnonzero(talk.offered))) for talk in talks]
        timed("reply", lambda: [talk.choose(choice) for talk, choice in zip(talks, choices, strict=True)])
        timed("info", lambda: [talk.info() for talk in talks])
        return costs


def import_times(seconds: float) -> Rates:
    """How long the imports take, each in a fresh process."""
    del seconds
    return {f"s, {module}": _import_time(module) for module in ("gymnasium", "proactive_gym")}


def _import_time(module: str) -> float:
    script = f"import time; start = time.perf_counter(); import {module}; print(time.perf_counter() - start)"
    return float(in_fresh_process(script))


def in_fresh_process(script: str) -> str:
    """What the script prints."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return done.stdout
