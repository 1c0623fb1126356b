"""What tasks of lmms-eval are made of; ``proactive_gym.adapters.lmms_eval_task`` writes them.

lmms-eval's own loop (``generate_until_agentic``) asks here for the next turn, and gets a new picture with it. It keeps
nothing of an episode but the replies, so that a turn is found by saying them again.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from PIL import Image

from proactive_gym.adapters.written import OF_ONE, OpenEpisode, WrittenEpisodes
from proactive_gym.errors import InputError
from proactive_gym.evaluation.measures import MEASURES
from proactive_gym.stored import Row, line, parsed

Doc = Mapping[str, Any]
"""A row: ``env`` and ``arguments`` say what was asked for, ``episode`` which one it is, ``answer`` what is right."""


@lru_cache(maxsize=8)
def episodes_of(env: str, arguments: str) -> WrittenEpisodes:
    """The episodes that were asked for; ``arguments`` are JSON."""
    return WrittenEpisodes(env, **json.loads(arguments))


def _after(doc: Doc, replies: Sequence[str]) -> OpenEpisode:
    """The row's episode after these replies."""
    episode = episodes_of(doc["env"], doc["arguments"]).begin(doc["episode"])
    for reply in replies:
        episode.say(reply)
    return episode


def doc_to_visual(doc: Doc) -> list[Image.Image]:
    """The first picture."""
    turn = _after(doc, ()).turn
    return [] if turn is None else [Image.fromarray(turn.image)]


def doc_to_text(doc: Doc, lmms_eval_specific_kwargs: Any = None, previous_output: Any = None, **more: Any) -> Any:
    """What the user says first; with the replies so far, what lmms-eval's loop wants for the next turn.

    That is the pictures, the words, whether it is over, the outputs, and nothing to remember. Of an episode that is
    over, the output is its row, for ``process_results``.
    """
    del lmms_eval_specific_kwargs, more
    episode = _after(doc, previous_output or ())
    if previous_output is None:
        return episode.conversation.dialogue
    if episode.turn is None:
        return None, None, True, [*previous_output, line(episode.row("")).rstrip("\n")], None
    return [Image.fromarray(episode.turn.image)], episode.turn.dialogue, False, previous_output, None


def process_results(doc: Doc, results: Sequence[str]) -> dict[str, Row]:
    """The episode's row under the name of every measure; what could not be played to its end is in none.

    Raises:
        InputError: If it is the row of no finished episode.
    """
    row = parsed(results[0].encode())
    if row is None or row["episode"] != doc["episode"]:
        raise InputError(f"The last output of episode {doc['episode']!r} is no row of it; its turns were cut off.")
    return {} if row["error"] is not None else dict.fromkeys(OF_ONE, row)


def _over_all(name: str) -> Callable[[Sequence[Row]], float]:
    def measured(rows: Sequence[Row]) -> float:
        return MEASURES[name](rows).value

    return measured


AGGREGATIONS = {f"all_{name}": _over_all(name) for name in OF_ONE}
"""The measures over all episodes."""
