"""What an agent is shown of a conversation."""

from typing import Any

from proactive_gym.agents.base import Reply, Turn
from proactive_gym.envs.conversation import Conversation

Played = tuple[tuple[Turn, Reply], ...]
"""Turns with the replies they got."""


def turn_of(conversation: Conversation, image: Any, history: Played = (), examples: tuple[Played, ...] = ()) -> Turn:
    """The turn that the conversation has come to; nothing in it tells the answer.

    Args:
        conversation: An open one.
        image: Its picture, uint8 ``(H, W, 3)``.
        history: Its earlier turns.
        examples: Worked examples to go with it.
    """
    episode, options = conversation.episode, conversation.options
    return Turn(
        image=image,
        dialogue=conversation.dialogue,
        options=options,
        action_mask=conversation.mask(len(options)),
        question=episode.question,
        episode=episode.name,
        number=conversation.state.turn,
        kinds=tuple([option.kind for option in episode.menu]) if options else (),
        history=history,
        examples=examples,
    )
