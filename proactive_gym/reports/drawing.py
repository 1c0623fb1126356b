"""How every plot looks: colours for light and dark pages, names that do no harm, pictures as files and in a page."""

import base64
import io
import re
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

WIDTH = 5.4
"""Of a plot, in inches: on a telephone its letters are still read."""
INK, FAINT, GRID, PAPER = "#242428", "#74747c", "#ddd9cf", "#fcfbf8"
COLOURS = ("#2f62ad", "#d9772b", "#2c8450", "#b5443c", "#7a57a8", "#1f8f93", "#b9537f", "#8a7539")
DARK = {
    **{INK: "#e9e7e1", FAINT: "#a3a29d", GRID: "#3b3b42", PAPER: "#1b1b1f"},
    **{"#2f62ad": "#7aa5ea", "#d9772b": "#eb9a57", "#2c8450": "#62bd86", "#b5443c": "#e57f76"},
    **{"#7a57a8": "#b397de", "#1f8f93": "#56c2c5", "#b9537f": "#e392b5", "#8a7539": "#c5ae6d"},
}
"""What each colour of a light page is on a dark one."""
MARKERS = ("o", "s", "D", "P", "h", "p", "d", "8")
LONGEST_NAME = 30
_STYLE: dict[Any, Any] = {
    **{"font.size": 10, "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"], "text.parse_math": False},
    **{"text.color": INK, "axes.labelcolor": INK, "xtick.color": FAINT, "ytick.color": FAINT, "axes.edgecolor": GRID},
    **{"axes.titlesize": 10, "axes.titlelocation": "left", "axes.spines.top": False, "axes.spines.right": False},
    **{"axes.grid": True, "grid.color": GRID, "grid.linewidth": 0.8, "axes.axisbelow": True, "axes.facecolor": "none"},
    **{"legend.frameon": False, "legend.fontsize": 9, "svg.fonttype": "none", "svg.hashsalt": "proactive-gym"},
    **{"xtick.major.size": 0, "ytick.major.size": 0, "figure.facecolor": "none", "savefig.facecolor": "none"},
}


class Plot(NamedTuple):
    """A plot, drawn.

    Attributes:
        name: Of the file, without its ending.
        title: What it shows.
        caption: How to read it.
        light: As SVG for a light page.
        dark: As SVG for a dark page.
        png: On paper.
    """

    name: str
    title: str
    caption: str
    light: str
    dark: str
    png: bytes

    def write(self, folder: Path) -> None:
        """Write it as ``NAME.png``."""
        (folder / f"{self.name}.png").write_bytes(self.png)

    @property
    def sources(self) -> dict[str, str]:
        """For a page: data URLs of both SVGs. As pictures they run no script, whatever is in them."""
        return {"light": _data_url(self.light), "dark": _data_url(self.dark)}


def _data_url(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode('ascii')}"


@contextmanager
def drawn(width: float = WIDTH, height: float = 4.0) -> Iterator[Figure]:
    """An empty figure in the common style; draw on it and finish it inside."""
    with rc_context(_STYLE), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of letters that the font has not
        yield Figure(figsize=(width, height), layout="constrained")


def finished(figure: Figure, name: str, title: str, caption: str) -> Plot:
    """The figure as a plot."""
    text, picture = io.StringIO(), io.BytesIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    figure.savefig(picture, format="png", dpi=160, facecolor=PAPER, metadata={"Software": None})
    light = text.getvalue().replace("'DejaVu Sans'", "system-ui, 'DejaVu Sans'")
    dark = re.sub("|".join(DARK), lambda found: DARK[found.group()], light)
    return Plot(name, title, caption, light, dark, picture.getvalue())


def safe(name: str, longest: int = LONGEST_NAME) -> str:
    """A name on one line, without what steers the writing or hides from the legend, and not too long."""
    shown = "".join("·" if unicodedata.category(letter)[0] == "C" else letter for letter in " ".join(name.split()))
    shown = f"\u200a{shown}" if shown.startswith("_") else shown  # matplotlib's legends leave out what begins so
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


class Looks:
    """The same colour and marker for an agent in every plot."""

    def __init__(self, agents: Sequence[str]) -> None:
        self._place = {agent: place for place, agent in enumerate(dict.fromkeys(agents))}

    def of(self, agent: str) -> dict[str, Any]:
        """Keyword arguments of a line."""
        place = self._place.get(agent, 0)
        shift = place // len(COLOURS)
        return {"color": COLOURS[place % len(COLOURS)], "marker": MARKERS[(place + shift) % len(MARKERS)]}

    def colour(self, agent: str) -> str:
        """Its colour."""
        return str(self.of(agent)["color"])


def key(figure: Figure, lines: Sequence[tuple[str, dict[str, Any]]], columns: int = 2) -> None:
    """A legend below the plot: names, and what their lines look like."""
    handles = [Line2D([], [], label=safe(name), **{"linestyle": "", **look}) for name, look in lines]
    figure.legend(handles=handles, loc="outside lower left", ncols=columns, handletextpad=0.4, columnspacing=1.2)


def per_cent(axes: Axes, which: str = "y") -> None:
    """Shares 0…1 as 0 to 100 %."""
    ticks = [0, 0.25, 0.5, 0.75, 1]
    axes.set(**{f"{which}ticks": ticks, f"{which}ticklabels": [f"{100 * tick:.0f} %" for tick in ticks]})
    axes.set(**{f"{which}lim": (-0.03, 1.03)})
