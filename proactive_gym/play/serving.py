"""From the study to the address that people open."""

import socket
import webbrowser
from collections.abc import Callable
from threading import Thread

import uvicorn

from proactive_gym.errors import InputError, check_whole, one_line
from proactive_gym.play.site import Site
from proactive_gym.play.study import Study

SECONDS_TO_END = 3
"""For requests that are under way when the server is stopped."""


def listening(host: str, port: int) -> socket.socket:
    """A socket that waits for browsers.

    Raises:
        InputError: If the address is none of this machine's, or in use.
    """
    check_whole("port", port, 0, 65535)
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or one_line(error)
        raise InputError(
            f"Port {port} of {host!r} cannot be listened on ({why}); give another: --port, or 0 for any that is free."
        ) from error


def serve(study: Study, waiting: socket.socket, host: str, browser: bool, say: Callable[[str], None]) -> None:
    """Serve the study's pages until interrupted.

    Args:
        study: What is played.
        waiting: Where browsers come in, see ``listening``.
        host: The name by which that was opened.
        browser: Whether to open a browser here.
        say: Is told the address, once it answers.
    """
    shown = host if host not in ("0.0.0.0", "::") else socket.gethostname()
    address = f"http://{f'[{shown}]' if ':' in shown else shown}:{waiting.getsockname()[1]}/"
    settings = uvicorn.Config(
        Site(study).application(host),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SECONDS_TO_END,
    )

    def come_in() -> None:
        say(address)
        if browser:  # which may take its time, and is no reason to keep others waiting
            Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    _Server(settings, come_in).run(sockets=[waiting])


class _Server(uvicorn.Server):
    """A server that says when it is ready: for browsers, and for Ctrl-C, which it takes as the end of a sitting."""

    def __init__(self, settings: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(settings)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()
