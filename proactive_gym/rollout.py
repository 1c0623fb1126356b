"""Agents and users in conversation, many at once, each lane refilled as soon as its episode is over."""

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.envs.registration import load_env_creator

from proactive_gym.agents.base import Agent, Failure, Insider, Reaction, Scored, Turn
from proactive_gym.beginnings import Beginnings
from proactive_gym.envs.base import ProactiveEnv
from proactive_gym.envs.desk import Desk
from proactive_gym.errors import InputError, PictureError, check_whole, one_line
from proactive_gym.judging import Judge
from proactive_gym.practice import WorkedExamples
from proactive_gym.trajectory import Lane, Trajectory

SEEDS = 2**31
_EPISODES_A_SEED = 2**32


class AgentError(RuntimeError):
    """An agent failed; the message names it and the episode."""


def rollouts(
    agent: Agent,
    env: str | type[ProactiveEnv],
    episodes: int | None = None,
    num_envs: int = 32,
    seed: int = 0,
    shots: int = 0,
    judge: Judge | None = None,
    **env_kwargs: Any,
) -> Iterator[Trajectory]:
    """Play episodes, one agent call for a batch of conversations that wait.

    Each episode is played once, whatever ``num_envs``, and comes out in its turn.

    Args:
        agent: Who replies.
        env: An environment's id, or its class.
        episodes: How many; ``None`` for all there are (a source without end needs a number).
        num_envs: How many conversations are open at once: the size of a full batch.
        seed: Other seeds play other episodes, where the source has no end.
        shots: How many worked examples each turn comes with, from the training split.
        judge: Who reads replies in free words (``reply="open"``); a deterministic matcher if ``None``.
        **env_kwargs: Keyword arguments of the environment.

    Returns:
        An iterator of finished episodes, in order.

    Raises:
        InputError: If an argument is impossible. (A picture that cannot be shown ends its own episode only, whose
            ``error`` says why.)
        AgentError: If the agent raises, or does not return a usable reply per turn; all episodes that were finished
            by then have come out before.
    """
    desk = make_desk(env, env_kwargs)
    names = episode_names(desk, episodes, seed)
    return play(agent, desk, names, num_envs, shots, judge)


def make_desk(env: str | type[ProactiveEnv], env_kwargs: dict[str, Any]) -> Desk:
    """What the id or class and its keyword arguments come to.

    Raises:
        InputError: If there is no such environment or argument.
    """
    kwargs = dict(env_kwargs)
    if isinstance(env, str):
        spec = _spec(env)
        kwargs = {**spec.kwargs, **kwargs}
        env_class = _entry(spec)
    else:
        env_class = env
    if not (isinstance(env_class, type) and issubclass(env_class, ProactiveEnv)):
        raise InputError(f"The environment {env!r} is no ProactiveEnv; rollouts play conversations only.")
    return Desk(env_class.scenarios, env_class.family, kwargs)


def _spec(env: str) -> gym.envs.registration.EnvSpec:
    module, _, name = env.rpartition(":")
    try:
        if module:
            import_module(module)
        return gym.spec(name)
    except (gym.error.Error, ImportError, ValueError) as error:
        ours = sorted(name for name in gym.registry if name.startswith("Proactive"))
        raise InputError(f"There is no environment {env!r}; there are {', '.join(ours)}.") from error


def _entry(spec: gym.envs.registration.EnvSpec) -> Any:
    try:
        return load_env_creator(spec.entry_point) if isinstance(spec.entry_point, str) else spec.entry_point
    except (gym.error.Error, ImportError) as error:
        raise InputError(f"The environment {spec.id!r} cannot be loaded: {one_line(error)}") from error


def episode_names(desk: Desk, episodes: int | None, seed: int = 0) -> Iterator[str]:
    """Names of the episodes to play, each once.

    Raises:
        InputError: If the number or the seed is impossible, or if there is no end to them.
    """
    check_whole("seed", seed, 0, SEEDS - 1)
    size = desk.source.size(desk.scenarios)
    if size == float("inf"):
        if episodes is None:
            raise InputError(f"The source {desk.source.name!r} has no end; say how many episodes to play.")
        check_whole("episodes", episodes, 1, _EPISODES_A_SEED)
        first, number = seed * _EPISODES_A_SEED, episodes
    else:
        first, number = 0, int(size) if episodes is None else min(int(size), check_whole("episodes", episodes, 1))
    return (desk.source.episode_name(desk.scenarios, first + index, desk.setting) for index in range(number))


def play(
    agent: Agent,
    desk: Desk,
    names: Iterator[str],
    num_envs: int = 32,
    shots: int = 0,
    judge: Judge | None = None,
    at_hand: Callable[[], int] | None = None,
) -> Iterator[Trajectory]:
    """Play the named episodes, ``num_envs`` at a time; see ``rollouts``, and ``Beginnings`` for ``at_hand``."""
    check_whole("num_envs", num_envs, 1)
    return _play(agent, desk, Beginnings(desk, names, at_hand), num_envs, WorkedExamples(desk, shots), judge)


def _play(
    agent: Agent,
    desk: Desk,
    beginnings: Beginnings,
    num_envs: int,
    examples: WorkedExamples,
    judge: Judge | None,
) -> Iterator[Trajectory]:
    lanes: list[Lane] = []
    finished: dict[int, Trajectory] = {}
    due = 0
    while True:
        try:
            for place, conversation in beginnings.take(num_envs - len(lanes)):
                lanes.append(Lane(place, conversation, examples.before(conversation)))
            if not lanes:
                return
            _exchange(agent, desk, lanes, judge, beginnings)
        except (AgentError, InputError, KeyboardInterrupt):
            # What is finished has cost model calls: it comes out before the error does.
            finished.update(_over(lanes))
            yield from (finished[place] for place in sorted(finished))
            raise
        finished.update(_over(lanes))
        lanes = [lane for lane in lanes if not lane.over]
        while due in finished:
            yield finished.pop(due)
            due += 1


def _over(lanes: Sequence[Lane]) -> dict[int, Trajectory]:
    return {lane.place: lane.trajectory() for lane in lanes if lane.over}


def _exchange(agent: Agent, desk: Desk, lanes: Sequence[Lane], judge: Judge | None, beginnings: Beginnings) -> None:
    """Show every lane's picture, get a reply to each."""
    turns = turns_of(desk, lanes)
    lanes = [lane for lane in lanes if not lane.over]
    if not lanes:
        return
    beginnings.look_ahead()  # their pictures are fetched while the agent thinks
    said = list(zip(lanes, turns, _replies(agent, turns, lanes), strict=True))
    if judge is not None:
        said = _judged(judge, said)
    for lane, turn, reaction in said:
        if isinstance(reaction, Failure):
            lane.fail(reaction.error)
            continue
        reply, confidences = reaction if isinstance(reaction, Scored) else (reaction, None)
        try:
            lane.take(turn, reply, confidences)
        except (gym.error.InvalidAction, TypeError, ValueError) as error:
            raise AgentError(
                f"Agent {agent.name!r} replied {_short(reply)} in episode {turn.episode!r}: {error}"
            ) from error


def _judged(judge: Judge, said: list[tuple[Lane, Turn, Reaction]]) -> list[tuple[Lane, Turn, Reaction]]:
    """Let the judge read what is in free words; what is left is read as ever."""
    free = [(lane, turn, reply) for lane, turn, reply in said if isinstance(reply, str) and not turn.options]
    verdicts = judge.read([lane.conversation for lane, _, _ in free], [reply for _, _, reply in free]) if free else []
    for (lane, turn, reply), verdict in zip(free, verdicts, strict=True):
        if isinstance(verdict, Failure):
            lane.fail(verdict.error, unjudged=reply)
        else:
            lane.take_judged(turn, reply, verdict)
    return [item for item in said if not (isinstance(item[2], str) and not item[1].options)]


def turns_of(desk: Desk, lanes: Sequence[Lane]) -> list[Turn]:
    """A turn for each lane whose picture can be shown; the others' episodes end with an error."""
    try:
        pictures = desk.source.paint([lane.conversation.picture for lane in lanes])
    except PictureError as error:
        if len(lanes) > 1:
            return [turn for lane in lanes for turn in turns_of(desk, [lane])]
        lanes[0].fail(f"{type(error).__name__}: {error}")
        return []
    return [lane.turn(image) for lane, image in zip(lanes, pictures, strict=True)]


def _replies(agent: Agent, turns: Sequence[Turn], lanes: Sequence[Lane]) -> Sequence[Reaction]:
    replies: Sequence[Reaction]
    try:
        if isinstance(agent, Insider):
            replies = agent.act_told(turns, [lane.conversation.best_choice() for lane in lanes])
        else:
            replies = agent.act(turns)
    except InputError:
        raise
    except Exception as error:
        first = turns[0].episode
        raise AgentError(
            f"Agent {agent.name!r} failed on a batch of {len(turns)} that begins with episode {first!r}: "
            f"{type(error).__name__}: {one_line(error)}"
        ) from error
    if not hasattr(replies, "__len__") or len(replies) != len(turns):
        got = f"{len(replies)} replies" if hasattr(replies, "__len__") else _short(replies)
        raise AgentError(
            f"Agent {agent.name!r} returned {got} to {len(turns)} turns, beginning with episode {turns[0].episode!r}; "
            "it has to return one reply per turn, in order."
        )
    return [_usable(agent, turn, reply) for turn, reply in zip(turns, replies, strict=True)]


def _usable(agent: Agent, turn: Turn, reply: Any) -> Reaction:
    if isinstance(reply, str | Scored | Failure):
        return reply
    if isinstance(reply, bool) or not isinstance(reply, int | np.integer):
        raise AgentError(
            f"Agent {agent.name!r} replied {_short(reply)} in episode {turn.episode!r}; "
            "a reply is an option's number or a string."
        )
    return int(reply)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"
