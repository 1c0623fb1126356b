"""The tiny model behind an OpenAI-compatible endpoint, to see other people's tools at work without a GPU or a key.

python examples/tiny_server.py --port 8000      # then http://127.0.0.1:8000/v1, any model name, any key

It needs starlette and uvicorn (pip install 'proactive-gym[play]').
It is no server for real models: `transformers serve`, vLLM and SGLang are.
"""

import argparse
import base64
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import uvicorn
from PIL import Image
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from proactive_gym import make_agent


def app(agent: str = "tiny-rl") -> Starlette:
    """Chat completions by a model agent of that name."""
    speaker: Any = make_agent(agent)
    alone = threading.Lock()  # a model has one forward pass at a time

    def said(conversation: list[dict[str, Any]]) -> Any:
        with alone:
            (words,) = speaker.complete([conversation])
        return words

    async def complete(request: Request) -> Response:
        body = await request.json()
        words = await run_in_threadpool(said, [from_the_wire(message) for message in body["messages"]])
        return completion(body, str(words))

    return Starlette(routes=[Route("/v1/chat/completions", complete, methods=["POST"])])


def completion(body: dict[str, Any], words: str) -> Response:
    """The reply in the API's form, at once or, where a stream is asked for, as one of a single piece."""
    told = {"id": "tiny", "created": 0, "model": body["model"]}
    usage = {"usage": {"prompt_tokens": 0, "completion_tokens": 1, "total_tokens": 1}}
    message = {"role": "assistant", "content": words}
    if not body.get("stream"):
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return JSONResponse({**told, **usage, "object": "chat.completion", "choices": [choice]})
    piece = {
        **told,
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": message, "finish_reason": None}],
    }
    end = {**piece, **usage, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    lines = [f"data: {text}\n\n" for text in (json.dumps(piece), json.dumps(end), "[DONE]")]
    return Response("".join(lines), media_type="text/event-stream")


def from_the_wire(message: dict[str, Any]) -> dict[str, Any]:
    """A message of the API as agents take it: pictures as arrays."""
    content = message["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return {"role": message["role"], "content": [_block(block) for block in blocks]}


def _block(block: dict[str, Any]) -> dict[str, Any]:
    if block["type"] != "image_url":
        return block
    encoded = block["image_url"]["url"].partition(",")[2]
    picture = Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGB")
    return {"type": "image", "image": np.asarray(picture)}


@contextmanager
def listening(application: Any) -> Iterator[str]:
    """The address of an application that is served on this machine, as long as the block lasts."""
    server = uvicorn.Server(uvicorn.Config(application, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def served(agent: str = "tiny-rl") -> Iterator[str]:
    """The endpoint of a model agent, as long as the block lasts."""
    with listening(app(agent)) as address:
        yield f"{address}/v1"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--agent", default="tiny-rl", help="tiny, tiny-rl, hf:…")
    parser.add_argument("--port", type=int, default=8000)
    given = parser.parse_args()
    uvicorn.run(app(given.agent), port=given.port)
