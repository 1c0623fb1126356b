"""The web application: a person's browser on one side, their seat on the other."""

import secrets
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from PIL import Image
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from proactive_gym.errors import InputError, one_line
from proactive_gym.evaluation.run_directory import fingerprint
from proactive_gym.play.names import LONGEST
from proactive_gym.play.pages import Pages
from proactive_gym.play.seat import Seat
from proactive_gym.play.study import Study

LONGEST_FORM = 16_384
"""Bytes that a form may have."""
A_MONTH = 30 * 24 * 3600

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Nothing is loaded from elsewhere, framed or kept."""

HERE = ("127.0.0.1", "localhost")

SEAT_LOST = (
    "Your seat is no longer kept: the server was started anew, or you were away for long. "
    "Give your name again; what you finished is there."
)


class Site:
    """Which browser sits where, and what is sent to it.

    A browser is known by a cookie with a random value; a page of a foreign site can neither read nor send it.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.pages = Pages(study)
        # Cookies do not tell ports apart; studies on the same machine are told apart by their configuration.
        self._cookie = f"seat-{fingerprint(study.run.configuration())[:12]}"
        self._seats: dict[str, Seat] = {}

    def application(self, host: str) -> Starlette:
        """The application, for a server that listens on ``host``."""
        routes = [
            Route("/", self.show),
            Route("/sit", self.sit, methods=["POST"]),
            Route("/reply", self.reply, methods=["POST"]),
            Route("/leave", self.leave, methods=["POST"]),
            Route("/picture/{stamp}", self.picture),
            *(Route(f"/{name}", self.asset) for name in self.pages.assets),
        ]
        # A name that someone makes point here cannot read this machine's pages.
        guard = [Middleware(TrustedHostMiddleware, allowed_hosts=[*HERE])] if host in HERE else []
        wrong: dict[Any, Any] = {InputError: self._sentence}
        return Starlette(routes=routes, middleware=guard, exception_handlers=wrong)

    # --- what a browser may ask for ---------------------------------------------------------------------------------

    def show(self, request: Request) -> Response:
        """The page as it stands."""
        seat = self._seat(request)
        if seat is None:
            expected = self._cookie in request.cookies
            return _html(self.pages.entrance(_name(request), SEAT_LOST if expected else ""))
        return _html(self.pages.of(seat, seat.settled()))

    async def sit(self, request: Request) -> Response:
        """Take a seat."""
        form = await _form(request)
        given = form.get("name", "")
        try:
            seat = await run_in_threadpool(self.study.sit, given)
        except InputError as error:
            return _html(self.pages.entrance(given, one_line(error)), 400)
        token = secrets.token_urlsafe(24)
        self._forget()
        self._seats[token] = seat
        response = _back()
        for name, value in ((self._cookie, token), ("name", quote(given[:LONGEST]))):
            response.set_cookie(name, value, max_age=A_MONTH, httponly=True, samesite="lax")
        return response

    async def reply(self, request: Request) -> Response:
        """Take what was pressed or written."""
        form = await _form(request)
        seat = self._seat(request)
        if seat is not None:
            await run_in_threadpool(seat.press, form.get("stamp", ""), lambda view: self.pages.reply(view, form))
        return _back()

    async def leave(self, request: Request) -> Response:
        """Give the seat up."""
        await _form(request)
        seat = self._seats.pop(request.cookies.get(self._cookie, ""), None)
        if seat is not None:
            await run_in_threadpool(seat.leave)
        response = _back()
        response.delete_cookie(self._cookie)
        response.delete_cookie("name")
        return response

    def picture(self, request: Request) -> Response:
        """A picture of the present episode; its address is random, and there is nothing in the file but the picture."""
        seat = self._seat(request)
        image = None if seat is None else seat.pictures.get(request.path_params["stamp"])
        if image is None:
            return Response(status_code=404, headers=HEADERS)
        file = BytesIO()
        Image.fromarray(image).save(file, "PNG", compress_level=1)
        return Response(file.getvalue(), 200, {**HEADERS, "Cache-Control": "private, max-age=3600"}, "image/png")

    def asset(self, request: Request) -> Response:
        """Style, script or icon."""
        content, kind = self.pages.assets[request.url.path.rpartition("/")[2]]
        return Response(content, 200, {**HEADERS, "Cache-Control": "no-cache"}, kind)

    # --- helpers ----------------------------------------------------------------------------------------------------

    def _seat(self, request: Request) -> Seat | None:
        seat = self._seats.get(request.cookies.get(self._cookie, ""))
        return None if seat is None or seat.gone else seat

    def _forget(self) -> None:
        """Drop the seats that were given away."""
        self._seats = {token: seat for token, seat in self._seats.items() if not seat.gone}

    def _sentence(self, request: Request, error: Exception) -> Response:
        return _html(self.pages.trouble(one_line(error)), 400)


def _html(page: str, status: int = 200) -> Response:
    return HTMLResponse(page, status, HEADERS)


def _back() -> RedirectResponse:
    """To the page, whatever address it goes by."""
    return RedirectResponse("./", 303, HEADERS)


def _name(request: Request) -> str:
    return unquote(request.cookies.get("name", ""), errors="ignore")[:LONGEST]


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form that was sent from this very page.

    Raises:
        InputError: If it comes from another site, or is longer than any that this page sends.
    """
    if request.headers.get("sec-fetch-site") == "cross-site":
        raise InputError("That form was sent from another site; open this page itself.")
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > LONGEST_FORM:
            raise InputError(f"That form is longer than {LONGEST_FORM} bytes; write less.")
    try:
        return dict(parse_qsl(content.decode("ascii"), errors="replace", max_num_fields=8))
    except ValueError as error:
        raise InputError(f"That form cannot be read: {one_line(error)}.") from error
