"""The command with which people play: ``proactive-gym play``."""

import argparse
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from proactive_gym.cli_options import add_environment_options, setting_of
from proactive_gym.cli_showing import DONE, console_for_tables, say_files, show
from proactive_gym.errors import InputError

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

NEEDED = ("starlette", "uvicorn", "filelock")


def add_play(commands: "Commands") -> None:
    """Add ``play`` to the command line."""
    play = commands.add_parser("play", help="people answer, in the browser; kept as a run like any other")
    play.add_argument("env", metavar="ENV", help="an environment's id")
    play.add_argument("--episodes", type=int, metavar="N", help="per person (default: 20)")
    play.add_argument("--seed", type=int, default=0, help="other seeds play other episodes (default: %(default)s)")
    play.add_argument("--only", metavar="FILE", help="play the episodes that `proactive-gym filter` kept")
    play.add_argument("--out", metavar="DIR", help="folder for the run (default: runs/play-ENV)")
    play.add_argument("--no-feedback", action="store_true", help="do not say what an episode came to")
    play.add_argument("--port", type=int, default=8765, help="0 takes any that is free (default: %(default)s)")
    play.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets other machines in (default: %(default)s)")
    play.add_argument("--no-browser", action="store_true", help="do not open a browser here")
    add_environment_options(play)
    play.set_defaults(command=_play, keeps=True)


def _play(parsed: argparse.Namespace) -> int:
    _check_installed()
    from proactive_gym.play.serving import listening, serve
    from proactive_gym.play.study import Study

    folder = Path(parsed.out or f"runs/play-{parsed.env.rpartition(':')[2]}")
    with (
        listening(parsed.host, parsed.port) as waiting,
        Study(
            *(parsed.env, parsed.episodes, folder, parsed.seed),
            feedback=not parsed.no_feedback,
            env_kwargs=setting_of(parsed),
            only=parsed.only,
        ) as study,
    ):

        def say(address: str) -> None:
            print(f"{len(study.names)} episodes for everyone who opens {address}", flush=True)
            print(f"The run is kept in {folder}; Ctrl-C ends it, and the same command goes on.", flush=True)

        with suppress(KeyboardInterrupt):  # that is how a sitting ends
            serve(study, waiting, parsed.host, not parsed.no_browser, say)
        evaluation = study.report()
    if evaluation is None:
        print("Nobody finished an episode.")
    else:
        console = console_for_tables()
        show(console, evaluation, f"Run {folder}")
        say_files(console, folder)
    return DONE


def _check_installed() -> None:
    from importlib.util import find_spec

    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise InputError(
            f"The page needs {' and '.join(missing)}, which is not installed: pip install 'proactive-gym[play]'."
        )
