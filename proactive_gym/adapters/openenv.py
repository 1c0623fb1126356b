"""The environments behind an OpenEnv server: ``python -m proactive_gym.adapters.openenv ProactiveSuite-v0``.

Each session is an environment of its own, as ``gym.make`` gives it; replies are written, unless ``reply="choice"``. The
client is in ``proactive_gym.adapters.openenv_client``; any other of OpenEnv's does as well.
"""

import argparse
import sys
from collections.abc import Sequence
from threading import Lock
from typing import Any

import gymnasium as gym
from gymnasium.error import ResetNeeded
from openenv.core.env_server import Environment, create_fastapi_app
from openenv.core.env_server.types import EnvironmentMetadata, State

import proactive_gym
from proactive_gym.adapters.openenv_client import ProactiveAction, ProactiveObservation
from proactive_gym.agents.wire import data_url
from proactive_gym.cli_options import add_environment_options, setting_of
from proactive_gym.envs.base import ProactiveEnv
from proactive_gym.errors import InputError, check_whole
from proactive_gym.rollout import make_desk

SESSIONS = 64
"""Most conversations at once, unless said otherwise."""
MOST = 10_000
"""Characters of a reply that are read."""


class ProactiveEnvironment(Environment[ProactiveAction, ProactiveObservation, State]):
    """One session: an environment whose observations can travel.

    Args:
        env: The environment.
        name: Its id.
        alone: Held while it moves: sources are not made for several threads.
    """

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self, env: ProactiveEnv, name: str, alone: Lock) -> None:
        super().__init__()
        self._env, self._name, self._alone = env, name, alone

    def reset(self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any) -> ProactiveObservation:
        """Begin an episode.

        Args:
            seed: As in Gymnasium: the same seed, the same episode.
            episode_id: Instead, the name of an episode.
            **kwargs: There are no others.

        Raises:
            InputError: If an argument is unknown, or if there is no such episode.
        """
        if kwargs:
            raise InputError(f"reset has {', '.join(map(repr, kwargs))}, but knows only 'seed' and 'episode_id'.")
        with self._alone:
            observation, info = self._env.reset(
                seed=seed, options=None if episode_id is None else {"episode": episode_id}
            )
        return _on_the_wire(observation, info)

    def step(self, action: ProactiveAction, timeout_s: float | None = None, **kwargs: Any) -> ProactiveObservation:
        """Reply to the user.

        Args:
            action: The reply.
            timeout_s: Of no effect: nothing here waits.
            **kwargs: Of no effect.

        Raises:
            ResetNeeded: Before the first reset, or once the episode is over.
            InvalidAction: If the reply is no option on offer, or words where a number is wanted.
        """
        del timeout_s, kwargs
        reply = action.reply[:MOST] if isinstance(action.reply, str) else action.reply
        with self._alone:
            observation, reward, terminated, truncated, info = self._env.step(reply)
        return _on_the_wire(observation, info, reward=reward, done=terminated or truncated)

    @property
    def state(self) -> State:
        """The episode's name and how many replies it has had; nothing that tells the answer."""
        try:
            stands = self._env.conversation
        except ResetNeeded:
            return State()
        return State(episode_id=stands.episode.name, step_count=stands.state.turn)

    def get_metadata(self) -> EnvironmentMetadata:
        """What it is."""
        told = (type(self._env).__doc__ or "").strip().partition("\n")[0]
        return EnvironmentMetadata(name=self._name, description=told, version=proactive_gym.__version__)


def _on_the_wire(observation: dict[str, Any], info: dict[str, Any], **more: Any) -> ProactiveObservation:
    mask = observation["action_mask"].tolist()
    return ProactiveObservation(
        image=data_url(observation["image"]), dialogue=observation["dialogue"], action_mask=mask, info=info, **more
    )


def app(env: str, sessions: int = SESSIONS, **env_kwargs: Any) -> Any:
    """The server of an environment, a FastAPI application.

    Args:
        env: The environment's id.
        sessions: The most conversations at once.
        **env_kwargs: Keyword arguments of the environment; replies are written by default.

    Raises:
        InputError: If an argument is impossible.
    """
    check_whole("sessions", sessions, 1)
    arguments = {"reply": "text", **env_kwargs}
    make_desk(env, arguments)  # says at once what is wrong
    alone = Lock()

    def session() -> ProactiveEnvironment:
        with alone:
            made: Any = gym.make(env, disable_env_checker=True, **arguments).unwrapped
        return ProactiveEnvironment(made, env, alone)

    limits = {"max_concurrent_envs": sessions, "env_name": env}
    return create_fastapi_app(session, ProactiveAction, ProactiveObservation, **limits)


def main(argv: Sequence[str] | None = None) -> None:
    """Serve an environment until interrupted."""
    parser = argparse.ArgumentParser("python -m proactive_gym.adapters.openenv", description="An OpenEnv server.")
    parser.add_argument("env", help="an environment's id")
    parser.add_argument("--host", default="127.0.0.1", help="whom to listen to (default: this machine alone)")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--sessions", type=int, default=SESSIONS, help=f"most at once (default: {SESSIONS})")
    add_environment_options(parser)
    given = parser.parse_args(argv)
    try:
        made = app(given.env, given.sessions, **setting_of(given))
    except InputError as wrong:
        sys.exit(f"error: {wrong}")
    import uvicorn

    uvicorn.run(made, host=given.host, port=given.port)


if __name__ == "__main__":
    main()
