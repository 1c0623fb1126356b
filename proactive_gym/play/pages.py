"""What people see, as HTML; nothing in it tells the answer before the episode is over."""

from collections.abc import Sequence
from functools import cached_property
from importlib.resources import files
from itertools import compress
from typing import Any, NamedTuple

from jinja2 import Environment, StrictUndefined

from proactive_gym.agents.base import Reply, Turn
from proactive_gym.errors import InputError
from proactive_gym.menu import letter, lettered
from proactive_gym.outcome import Outcome
from proactive_gym.play.names import LONGEST, spoken
from proactive_gym.play.seat import Asking, Done, Ended, Seat, View
from proactive_gym.play.study import Study
from proactive_gym.stored import Row
from proactive_gym.trajectory import Exchange, Trajectory

FOLDER = files("proactive_gym") / "data" / "play"
LONGEST_REPLY = 1000
"""Characters of a written reply; what is beyond them is not read."""

VERDICTS = {
    Outcome.CORRECT: "Right.",
    Outcome.WRONG: "Not right.",
    Outcome.ABSTAINED: "You gave up.",
    Outcome.USELESS_REQUEST: "That could not help here.",
    Outcome.UNREADABLE: "These words name nothing that is on offer.",
    Outcome.EXHAUSTED: "No turns are left.",
    Outcome.REQUESTED: "You asked, and here the first reply is the last.",
}


class Choice(NamedTuple):
    """A button: its letter, the option's number, its text."""

    letter: str
    number: int
    text: str


class Words(NamedTuple):
    """What the user says, around the menu."""

    before: str
    question: str
    between: str
    after: str

    @property
    def aloud(self) -> str:
        """All of it but the menu, for those who cannot see the page change."""
        return " ".join(f"{self.before} {self.question} {self.between}".split())


class Shown(NamedTuple):
    """A picture that was shown, and what was replied to it."""

    stamp: str
    reply: str


def choices(turn: Turn) -> list[Choice]:
    """The options on offer, with the letters that the dialogue gives them."""
    offered = compress(enumerate(turn.options), turn.action_mask)
    return [Choice(letter(place), number, text) for place, (number, text) in enumerate(offered)]


def words(turn: Turn) -> Words:
    """The dialogue in parts: a person is told what a model is told, the menu as buttons."""
    said, _, after = turn.dialogue.partition(lettered(turn.options, turn.action_mask)) if turn.options else (
        turn.dialogue, "", "",
    )  # fmt: skip
    before, question, between = said.partition(turn.question)
    return Words(before.strip(), question, between.strip(), after.strip())


class Pages:
    """The pages of one study."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.written = study.desk.arguments.reply != "choice"
        """Whether people write their replies, instead of pressing one."""
        self._template = Environment(
            autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        ).from_string((FOLDER / "page.html.jinja").read_text(encoding="utf-8"))

    def entrance(self, name: str = "", message: str = "") -> str:
        """Where people say who they are.

        Args:
            name: What stands in the field.
            message: Why they are here again, or ``""``.
        """
        drawn = getattr(self.study.desk.source, "attribution", "")
        shown = {
            "name": name[:LONGEST],
            "message": message,
            "longest": LONGEST,
            "total": len(self.study.names),
            "drawn": drawn,
        }
        return self._template.render(kind="entrance", title="Welcome", **shown)

    def trouble(self, message: str) -> str:
        """Something went wrong, in one sentence."""
        return self._template.render(kind="trouble", title="Stopped", message=message, again=None, name="")

    def of(self, seat: Seat, view: View) -> str:
        """What the person in that seat is to see."""
        total = len(self.study.names)
        common = {"name": spoken(seat.name), "stamp": view.stamp, "finished": seat.finished, "total": total}
        if isinstance(view, Asking):
            title = f"Episode {min(seat.finished + 1, total)} of {total}"
            return self._template.render(kind="asking", title=title, **common, **self._asking(seat, view))
        if isinstance(view, Ended):
            title = f"Episode {seat.finished} of {total}"
            return self._template.render(kind="ended", title=title, **common, **self._ended(seat, view.trajectory))
        if isinstance(view, Done):
            return self._template.render(kind="done", title="All played", **common, **self._done(seat))
        return self._template.render(kind="trouble", title="Stopped", message=view.message, again=view.again, **common)

    def _asking(self, seat: Seat, view: Asking) -> dict[str, Any]:
        turn = view.turn
        earlier = zip(seat.pictures, turn.history, strict=False)
        return {
            "number": turn.number + 1,
            "picture": view.stamp,
            "size": (turn.image.shape[1], turn.image.shape[0]),
            "earlier": [Shown(stamp, _reply(past, reply)) for stamp, (past, reply) in earlier],
            "words": words(turn),
            "choices": choices(turn),
            "written": self.written,
            "longest": LONGEST_REPLY,
        }

    def _ended(self, seat: Seat, trajectory: Trajectory) -> dict[str, Any]:
        said = [_said(exchange) for exchange in trajectory.exchanges]
        return {
            "shown": [Shown(stamp, reply) for stamp, reply in zip(seat.pictures, said, strict=False)],
            "verdict": _verdict(trajectory),
            "outcome": trajectory.outcome.value if trajectory.outcome else "error",
            "answer": self.study.answer(trajectory),
            "effort": _effort(trajectory),
            "last": seat.finished >= len(self.study.names),
        }

    def _done(self, seat: Seat) -> dict[str, Any]:
        rows = self.study.rows_of(seat) if seat.feedback else []
        return {"figures": _figures(rows) if rows else []}

    def reply(self, view: View, form: dict[str, str]) -> Reply:
        """What the person pressed or wrote.

        Args:
            view: What they saw.
            form: What came from the page, so anything at all.

        Raises:
            InputError: If it is nothing that is on offer.
        """
        if not isinstance(view, Asking):
            return 0  # any press goes on
        if self.written:
            reply = form.get("words", "").strip()[:LONGEST_REPLY]
            if not reply:
                raise InputError("The reply is empty; write one.")
            return reply
        offered = {str(choice.number): choice.number for choice in choices(view.turn)}
        if form.get("option") not in offered:
            raise InputError("The reply is none of the options on offer; press one of them.")
        return offered[form["option"]]

    @cached_property
    def assets(self) -> dict[str, tuple[bytes, str]]:
        """The files that the page needs, with their types; there are no others."""
        types = {"page.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}
        return {name: ((FOLDER / name).read_bytes(), kind) for name, kind in types.items()}


def _said(exchange: Exchange) -> str:
    """What was replied, and what a written reply was taken for."""
    said = _reply(exchange.turn, exchange.reply)
    if isinstance(exchange.reply, int) or exchange.choice is None or not exchange.turn.options:
        return said
    return f"{said} → {exchange.turn.options[exchange.choice]}"


def _reply(turn: Turn, reply: Reply) -> str:
    return turn.options[reply] if isinstance(reply, int) else reply


def _verdict(trajectory: Trajectory) -> str:
    if trajectory.outcome is None:
        return "This episode could not be shown, and does not count."
    if trajectory.outcome is Outcome.WRONG and trajectory.exchanges[-1].choice == trajectory.answer:
        return "A lucky guess: this picture does not show it yet, so it does not count."
    return VERDICTS[trajectory.outcome]


def _effort(trajectory: Trajectory) -> str:
    """How often the person asked, beside how often it takes, where that is known."""
    if trajectory.outcome is None:
        return ""
    requests, needed = trajectory.requests, trajectory.requests_needed
    asked = {0: "You did not ask", 1: "You asked once", 2: "You asked twice"}.get(
        requests, f"You asked {requests} times"
    )
    if needed is None:
        return f"{asked}." if trajectory.sufficiency is None else f"{asked}; asking could not have helped here."
    if needed == requests:
        return f"{asked}, as often as it takes." if needed else f"{asked}, and there was no need to."
    if needed == 0:
        return f"{asked}; the first picture was enough."
    return f"{asked}; it takes {needed} request{'' if needed == 1 else 's'} to see it."


def _figures(rows: Sequence[Row]) -> list[tuple[str, str]]:
    number = len(rows)
    right = sum(row["outcome"] == Outcome.CORRECT for row in rows)
    given_up = sum(row["outcome"] == Outcome.ABSTAINED for row in rows)
    requests = sum(row["requests"] for row in rows) / number
    return [("right", f"{right} of {number}"), ("given up", f"{given_up}"), ("requests each", f"{requests:.1f}")]
