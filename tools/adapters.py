"""Runs the tests of what works inside other people's tools, each with the real package in an environment of its own.

    python tools/adapters.py                  # all of them; a first time fetches a few hundred MB for each
    python tools/adapters.py inspect ray

Their dependencies contradict each other, so that no one environment could hold all. Each is made by uv in ``.versions``
and is what ``pip install 'proactive-gym[dev,NAME]'`` gives; what pytest said lies there, too.
"""

import argparse
import re
import sys

from versions import FOLDER, installed_with, said_by, verdict

TESTS = {
    "inspect": ["tests/test_inspect.py"],
    "verifiers": ["tests/test_verifiers.py"],
    "openenv": ["tests/test_openenv.py"],
    "ray": ["tests/test_workers.py", "-k", "ray"],
    "rllib": ["tests/test_examples.py", "-k", "rllib"],
}
"""By extra: what is tested, slow tests included."""


def main() -> int:
    """Run what was asked for; the exit status is 1 if anything failed, was skipped or could not be run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("extras", nargs="*", metavar="NAME", help=", ".join(TESTS))
    extras = parser.parse_args().extras or [*TESTS]
    if strangers := set(extras) - set(TESTS):
        parser.error(f"there are {', '.join(TESTS)}, but no {', '.join(sorted(strangers))}")
    FOLDER.mkdir(exist_ok=True)
    came_of_it = [run(extra) for extra in extras]
    return int(not all(re.fullmatch(r"\d+ passed", told) for told in came_of_it))


def run(extra: str) -> str:
    """What came of one, in pytest's words."""
    python = installed_with(sys.executable, FOLDER / f"with-{extra}", f".[dev,{extra}]")
    told = "not installed"
    if python is not None:
        done = said_by(python, ["-m", "slow or not slow", *TESTS[extra]], FOLDER / f"with-{extra}.txt")
        told = verdict(done.stdout)
    print(extra, told, flush=True)
    return told


if __name__ == "__main__":
    sys.exit(main())
