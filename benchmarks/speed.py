"""How fast is it? Measures on this machine and writes the figures into docs/performance.md, all of them as JSON.

    python benchmarks/speed.py            # writes docs/performance.json and the tables of docs/performance.md
    python benchmarks/speed.py --quick --out /tmp/speed      # a quick look; starts a new page there

The measuring itself is ``proactive-gym bench``, see ``proactive_gym/benchmark/``.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from proactive_gym.benchmark import FULL, QUICK, Benchmark, Sheet, run, sheets

BEGIN, END = "<!-- measured -->", "<!-- /measured -->"


def main() -> None:
    """Measure, write, show."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "docs")
    options = parser.parse_args()
    measured = run(QUICK if options.quick else FULL)
    measured.write(options.out / "performance.json")
    page = options.out / "performance.md"
    text = page.read_text(encoding="utf-8") if page.exists() else f"{BEGIN}{END}\n"
    page.write_text(with_figures(text, measured), encoding="utf-8")
    print(page.read_text(encoding="utf-8"))


def with_figures(text: str, measured: Benchmark) -> str:
    """The page with the tables in place of those it had."""
    parts = [f"Measured on: {described(measured.machine)}.", *measured.notes, *map(markdown, sheets(measured))]
    return filled(text, parts, BEGIN, END)


def described(machine: dict[str, Any]) -> str:
    """The machine in a line."""
    return ", ".join(f"{name} {what}" for name, what in machine.items())


def filled(text: str, parts: Sequence[str], begin: str, end: str) -> str:
    """The page with these parts in place of what it had between the marks."""
    before, _, rest = text.partition(begin)
    return before + "\n\n".join([begin, *parts, end]) + rest.partition(end)[2]


def markdown(sheet: Sheet) -> str:
    """A table with its title."""
    rule = ["---", *("---:" for _ in sheet.headings[1:])]
    rows = [f"| {' | '.join(row)} |" for row in (sheet.headings, rule, *sheet.rows)]
    return "\n".join([f"### {sheet.title}", "", *rows])


if __name__ == "__main__":
    main()
