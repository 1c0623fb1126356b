"""``proactive-gym published``: what size has to do with asking, by the paper's own figures."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from proactive_gym.cli_showing import DONE, console_for_tables

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_published(commands: "Commands") -> None:
    """Add ``published`` to the command line."""
    published = commands.add_parser("published", help="the paper's models: size against accuracy and suggestions")
    published.add_argument("--out", type=Path, metavar="DIR", help="write the plot and its figures there")
    published.set_defaults(command=_published)


def _published(parsed: argparse.Namespace) -> int:
    from rich.table import Table

    from proactive_gym.reports.among import CHANCE_ON_AVERAGE, correlations

    found = correlations()
    table = Table(
        *("setting", "measure", "models", "Spearman's ρ with size", "p"),
        title="Size and asking among the published models",
        title_justify="left",
    )
    for record in found.records():
        rho = f"{record['spearman']:+.2f} ({record['spearman_low']:+.2f} to {record['spearman_high']:+.2f})"
        table.add_row(record["setting"], record["metric"], str(record["models"]), rho, f"{record['p']:.3f}")
    console = console_for_tables()
    console.print(table)
    console.print(
        f"Choosing any option on offer with the same probability is right {100 * CHANCE_ON_AVERAGE:.1f} % of the time."
    )
    if parsed.out is not None:
        from proactive_gym.reports.among_plots import sizes_plot

        parsed.out.mkdir(parents=True, exist_ok=True)
        found.write(parsed.out)
        sizes_plot(found).write(parsed.out)
        console.print(f"Files: {parsed.out / 'published_sizes.png'}, {parsed.out / 'published_sizes.csv'}")
    return DONE
