"""Messages in the form in which chat APIs take them."""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from proactive_gym.agents.asking import Message


def on_the_wire(message: Message) -> Message:
    """The message in the API's form; one of text alone as a string, which every endpoint takes."""
    blocks = message["content"]
    if all(block["type"] == "text" for block in blocks):
        return {"role": message["role"], "content": "\n".join([block["text"] for block in blocks])}
    return {"role": message["role"], "content": [_block(block) for block in blocks]}


def _block(block: Message) -> Message:
    return {"type": "image_url", "image_url": {"url": data_url(block["image"])}} if "image" in block else block


def data_url(picture: NDArray[np.uint8]) -> str:
    """The picture to the bit."""
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(file, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
