"""Where a model is to be had, and with which key."""

import os
import re
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from proactive_gym.errors import InputError

OPENAI = "https://api.openai.com/v1"
KEY = "OPENAI_API_KEY"
_NO_KEY = "no-key-needed"


def library() -> Any:
    """The client of OpenAI's API.

    Raises:
        InputError: If it is not installed.
    """
    try:
        import openai
    except ImportError as error:
        raise InputError(
            "The agents openai:… need the client of that name; install it with pip install 'proactive-gym[openai]'."
        ) from error
    return openai


def endpoint_of(base_url: str | None) -> tuple[str, bool]:
    """The endpoint, and whether it is on this machine.

    Raises:
        InputError: If it is none, or holds a password.
    """
    try:
        parts = urlsplit(base_url or OPENAI)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    if "@" in (base_url or ""):
        raise InputError(f"base_url holds a name or a password; set the environment variable {KEY} instead.")
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        shown = re.split("[?#]", str(base_url))[0][:100]
        raise InputError(f"base_url is {shown!r}, but must be http(s)://HOST[:PORT]/PATH, without a query.")
    return parts.geturl().rstrip("/"), _on_this_machine(host)


def _on_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def key_for(endpoint: str, local: bool) -> str:
    """The key, from the environment.

    Raises:
        InputError: If there is none and the endpoint is not on this machine, or if it cannot be one.
    """
    key = os.environ.get(KEY, "").strip()
    if not key and not local:
        raise InputError(f"{endpoint} asks for a key; set the environment variable {KEY}.")
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise InputError(f"The environment variable {KEY} holds characters that are in no key; set it anew.")
    return key or _NO_KEY
