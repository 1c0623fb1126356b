"""A model for the tests of adapters: which letter it picks depends on the words and on every pixel it is shown."""

from __future__ import annotations

import base64
import io
import json
import re
import zlib

import numpy as np
from chat_server import completion
from PIL import Image

from proactive_gym import evaluate

SIDE = 48


def pick(picture, dialogue):
    """A letter of the menu."""
    letters = re.findall(r"^([A-Z]+)\. ", dialogue, re.MULTILINE)
    return letters[zlib.crc32(np.ascontiguousarray(picture).tobytes() + dialogue.encode()) % len(letters)]


class Picks:
    """It as an agent."""

    name = "picks"

    def act(self, turns):
        return [pick(turn.image, turn.dialogue) for turn in turns]


def picture_in(url):
    """The pixels of a data URL."""
    kind, _, encoded = url.partition(",")
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))))


def pictures_sent(body):
    """All pictures of a request, in order."""
    contents = [message["content"] for message in body["messages"] if isinstance(message["content"], list)]
    return [picture_in(block["image_url"]["url"]) for blocks in contents for block in blocks if "image_url" in block]


def pick_over_the_wire(body, number=0):
    """It behind an endpoint; see ``chat_server``."""
    text = body["messages"][-1]["content"][-1]["text"]
    said = completion(pick(pictures_sent(body)[-1], text))
    return streamed(said) if body.get("stream") else said


def streamed(said):
    """A completion as a stream of one piece."""
    (choice,) = said["choices"]
    piece = {"index": 0, "delta": choice["message"], "finish_reason": None}
    end = {"index": 0, "delta": {}, "finish_reason": "stop"}
    chunks = [{**said, "object": "chat.completion.chunk", "choices": [part]} for part in (piece, end)]
    lines = [f"data: {text}\n\n" for text in (*map(json.dumps, chunks), "[DONE]")]
    return 200, "".join(lines).encode(), {"Content-Type": "text/event-stream"}


def evaluated(env_id, episodes, **env_kwargs):
    """What our own loop makes of it: rows by episode, without the agent's name."""
    run = evaluate(Picks(), env_id, episodes, reply="text", image_size=SIDE, **env_kwargs)
    return {row["episode"]: {**row, "agent": ""} for row in run.rows}
