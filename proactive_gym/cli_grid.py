"""The command ``proactive-gym grid``."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from proactive_gym.cli_eval import status
from proactive_gym.cli_options import add_environment_options, add_model_options, add_run_options, arguments_of
from proactive_gym.cli_showing import console_for_tables, progress_bar
from proactive_gym.errors import InputError, check_choice

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

EXAMPLES = """example, twelve runs:
  proactive-gym grid --agent hf:MODEL --env all --episodes 100 --out runs/ablation \\
      --vary history=none,text,images --vary hint=off,on --vary shots=0,1

Each combination is a run in a folder of its own, DIR/history=none,hint=off,shots=0 say; DIR/grid.csv has them all.
The same command goes on where it stopped; a further value adds the runs that it takes."""


SAME_REPLIES = ("cache", "concurrency", "price", "timeout")
"""Options that make no difference to what a model says."""


def add_grid(commands: "Commands") -> None:
    """Add ``grid`` to the command line."""
    parser = commands.add_parser(
        "grid",
        help="evaluate under every combination of some settings: one table",
        description="Ablations: the same evaluation under every combination of some settings, in one table.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--vary",
        action="append",
        required=True,
        metavar="NAME=V,V,…",
        help="values of one of the options below (setting, asking or model; flags are on or off); repeats",
    )
    add_run_options(parser)
    parser.set_defaults(command=_grid, keeps=True)


def _grid(parsed: argparse.Namespace) -> int:
    from proactive_gym.evaluation.grid import grid
    from proactive_gym.reports.ablation import terminal_grid, write_grid

    console, folder = console_for_tables(), Path(parsed.out)
    vary = varied(parsed.vary)
    with progress_bar(console) as watch:
        cells = grid(vary=vary, out=folder, watch=watch, **arguments_of(parsed))
    write_grid(cells, folder)
    console.print(terminal_grid(cells, f"Grid {folder}"))
    console.print(f"File:\n  {folder / 'grid.csv'}", highlight=False)
    return status([row for cell in cells for row in cell.evaluation.rows])


def varied(words: list[str]) -> dict[str, list[Any]]:
    """The values of each setting, of the types they have as options of their own.

    Raises:
        InputError: If there is no such option, if it cannot have the value, or if one is given twice.
    """
    vary: dict[str, list[Any]] = {}
    for word in words:
        option, equals, values = word.partition("=")
        if not equals:
            raise InputError(f"--vary is {word!r}, but must be NAME=VALUE,VALUE,….")
        found = [_value(option.removeprefix("--"), text) for text in values.split(",")]
        name = found[0][0]
        if name in vary:
            raise InputError(f"--vary names {option!r} twice; list all its values in one.")
        vary[name] = [value for _, value in found]
    return vary


class _Refusing(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(message)


def _value(option: str, text: str) -> tuple[str, Any]:
    """The keyword argument that the option stands for, and its value."""
    parser = _Refusing(add_help=False, allow_abbrev=False)
    add_environment_options(parser)
    add_model_options(parser)
    plain = vars(parser.parse_args([]))
    names = {name: "sampling-seed" if name == "model_seed" else name.replace("_", "-") for name in plain}
    names = {name: known for name, known in names.items() if name not in SAME_REPLIES}
    check_choice("--vary", option, sorted(names.values()))
    (name,) = [name for name, known in names.items() if known == option]
    try:
        words = [f"--{option}"] if text in ("on", "off") else [f"--{option}={text}"]
        value = getattr(parser.parse_args(words), name)
    except InputError as error:
        raise InputError(f"--vary {option}: {text!r} is no value of it ({error}).") from error
    return "sampling_seed" if name == "model_seed" else name, text == "on" if value is True else value
