"""The environments as tasks of Inspect: ``inspect eval proactive_gym/occlusion --model …``.

Inspect finds this module through an entry point. A task has a sample per episode, the same episodes that
``proactive-gym eval`` plays; the solver puts turn after turn to the model, every one with its picture; the scorer gives
our measures. ``-T name=value`` sets the arguments of ``conversations``, those of the environment among them::

    inspect eval proactive_gym/suite --model openai/gpt-4o -T episodes=50 -T hint=true -T history=images
"""

from collections.abc import Callable
from typing import Any

import inspect_ai
from inspect_ai import Task
from inspect_ai._util.error import PrerequisiteError
from inspect_ai._util.registry import registry_info
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    Content,
    ContentImage,
    ContentText,
    get_model,
)
from inspect_ai.solver import Generate, Solver, TaskState, solver

import proactive_gym
from proactive_gym.adapters.inspect_measures import KEPT, episode_measures
from proactive_gym.adapters.written import WrittenEpisodes, task_name
from proactive_gym.agents.asking import Asking, Message
from proactive_gym.agents.wire import data_url
from proactive_gym.errors import InputError

_MESSAGES: dict[str, Callable[..., ChatMessage]] = {
    "system": ChatMessageSystem,
    "user": ChatMessageUser,
    "assistant": ChatMessageAssistant,
}


def conversations(
    env: str,
    episodes: int | None = None,
    seed: int = 0,
    history: str = "none",
    history_turns: int = 16,
    history_images: int = 4,
    thought: bool = False,
    system: str = "",
    **env_kwargs: Any,
) -> Task:
    """The task of an environment.

    Args:
        env: An environment's id.
        episodes: How many; ``None`` for all of a source that has an end, else 200.
        seed: Other seeds take other episodes, where the source has no end.
        history: Whether the model is reminded of earlier turns: ``"none"``, ``"text"`` or ``"images"``.
        history_turns: The most earlier turns it is reminded of.
        history_images: The most earlier pictures it is shown again.
        thought: Whether it is asked to think aloud before it replies.
        system: What the system says first, if anything.
        **env_kwargs: Keyword arguments of the environment; replies are written, so ``reply`` is no choice.

    Raises:
        PrerequisiteError: If an argument is impossible; Inspect shows it as one sentence.
    """
    try:
        asking = Asking(history, history_turns, history_images, thought, system=system)  # type: ignore[arg-type]
        played = WrittenEpisodes(env, episodes, seed, asking, **env_kwargs)
        samples = [_sample(played, name) for name in played.names]
    except InputError as error:
        raise PrerequisiteError(f"{task_name(env)}: {error}") from error
    return Task(
        dataset=MemoryDataset(samples, name=env),
        solver=converse(played),
        scorer=episode_measures(),
        version=proactive_gym.__version__,
        metadata={"env": env, "wording": played.desk.setting.wording.name},
    )


def _sample(played: WrittenEpisodes, name: str) -> Sample:
    conversation = played.desk.begin(name)
    episode = conversation.episode
    told = {"id": name, "target": episode.texts[episode.answer], "metadata": {"scenario": episode.scenario}}
    # The picture comes with the turn: painted now, those of all episodes would be held at once.
    return Sample(conversation.dialogue, **told)


@solver
def converse(played: WrittenEpisodes) -> Solver:
    """Puts turn after turn to the model until the episode is over; the sample's messages hold all that was said."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        del generate  # it would show the model all messages
        episode, model = played.begin(str(state.sample_id)), get_model()
        state.messages = []
        state.store.set(KEPT, episode.row(str(model)))
        while asked := [_chat_message(message) for message in episode.asked()]:
            state.messages += asked if episode.turn and not episode.turn.number else asked[-1:]
            state.output = await model.generate(asked)
            state.messages.append(state.output.message)
            episode.say(state.output.completion)
            state.store.set(KEPT, episode.row(str(model)))
        return state

    return solve


def _chat_message(message: Message) -> ChatMessage:
    return _MESSAGES[message["role"]](content=[_content(block) for block in message["content"]])


def _content(block: Message) -> Content:
    if "image" in block:
        return ContentImage(image=data_url(block["image"]), detail="auto")
    return ContentText(text=block["text"])


def _registered(env: str) -> Callable[..., Task]:
    def made(**arguments: Any) -> Task:
        return conversations(env, **arguments)

    name = task_name(env)
    registered: Callable[..., Task] = inspect_ai.task(name=name)(made)
    if "/" not in registry_info(registered).name:  # beside a checkout's own metadata Inspect knows of no package
        registered = inspect_ai.task(name=f"proactive_gym/{name}")(made)
    return registered


TASKS = {task_name(env): _registered(env) for env in proactive_gym.ENVIRONMENTS}
"""What Inspect knows as ``proactive_gym/NAME``."""
