"""The command line: ``proactive-gym``; each command has its own room, ``cli_….py``."""

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from proactive_gym import ENVIRONMENTS, __version__
from proactive_gym.cli_bench import add_bench
from proactive_gym.cli_data import add_data
from proactive_gym.cli_eval import add_demo, add_eval
from proactive_gym.cli_filter import add_filter
from proactive_gym.cli_grid import add_grid
from proactive_gym.cli_play import add_play
from proactive_gym.cli_published import add_published
from proactive_gym.cli_report import add_report
from proactive_gym.cli_shift import add_shift
from proactive_gym.cli_showing import DONE, INTERRUPTED, MENDABLE
from proactive_gym.cli_train import add_train
from proactive_gym.errors import InputError, one_line


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: The words after ``proactive-gym``; ``None`` takes them from the command line.

    Returns:
        The exit status: 0 done, 1 an error the user can mend, 130 interrupted; wrong usage exits with 2.
    """
    from proactive_gym.rollout import AgentError

    parsed = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = parsed.command
    try:
        # Whoever stops a job by SIGTERM, as schedulers do, gets what Ctrl-C gets.
        with suppress(ValueError):  # not in the main thread: then signals are another's business
            signal.signal(signal.SIGTERM, signal.default_int_handler)
        return command(parsed)
    except (InputError, AgentError) as error:
        print(f"proactive-gym: {one_line(error)}", file=sys.stderr)
        return MENDABLE
    except OSError as error:
        print(
            f"proactive-gym: {error.strerror or error}{f': {error.filename}' if error.filename else ''}",
            file=sys.stderr,
        )
        return MENDABLE
    except KeyboardInterrupt:
        again = "goes on where it stopped" if parsed.keeps else "begins anew"
        print(f"proactive-gym: interrupted; the same command {again}.", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="proactive-gym", description="An agent gym in which the right move is to ask."
    )
    parser.add_argument("--version", action="version", version=f"proactive-gym {__version__}")
    parser.set_defaults(keeps=False)  # those say otherwise that keep what they have done when they are interrupted
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_demo(commands)

    listing = commands.add_parser("list", help="environments, sources, agents, models")
    listing.set_defaults(command=_list)

    add_eval(commands)
    add_grid(commands)
    add_shift(commands)
    add_play(commands)
    add_report(commands)
    add_filter(commands)
    add_data(commands)
    add_published(commands)
    add_bench(commands)
    add_train(commands)
    return parser


def _list(parsed: argparse.Namespace) -> int:
    from proactive_gym.agents import FORMS, agent_names
    from proactive_gym.agents.presets import presets
    from proactive_gym.sources import source_names

    del parsed
    print("environments:", *(f"  {name}" for name in ENVIRONMENTS), sep="\n")
    print("sources:", *(f"  {name}" for name in source_names()), sep="\n")
    print("agents:", *(f"  {name}" for name in [*agent_names(), *FORMS]), sep="\n")
    models = (f"  hf:{model.name:<24}{model.checkpoint}" for model in presets().values())
    print("models (hf: takes any folder or hub id, too):", *models, sep="\n")
    return DONE


if __name__ == "__main__":
    sys.exit(main())
