"""A set of episodes that people play, and the run that keeps what they did."""

import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Condition, Lock
from typing import Any, Self

from filelock import FileLock, Timeout

import proactive_gym
from proactive_gym.errors import InputError, check_whole, one_line
from proactive_gym.evaluation import Evaluation
from proactive_gym.evaluation.planning import checked_seeds, digest, planned
from proactive_gym.evaluation.record import record
from proactive_gym.evaluation.run_directory import RunDirectory
from proactive_gym.play.names import agent_name, spoken
from proactive_gym.play.seat import Done, Seat
from proactive_gym.reports.writing import write_reports
from proactive_gym.rollout import make_desk, play
from proactive_gym.stored import Row
from proactive_gym.trajectory import Trajectory

A_SET = 20
"""Episodes that each person plays where nobody says how many."""
SEATS = 100
"""How many may sit at the same time."""
IDLE = 600.0
"""Seconds after which a seat that nobody uses is given away, to the same name elsewhere or to another."""


class Study:
    """The same episodes for everyone, in the same order; each person is an agent of one run.

    Use it as a context: it holds the run's folder for itself.

    Args:
        env: An environment's id.
        episodes: How many each person plays, fewer if there are fewer; ``None`` for a set, or for all of ``only``.
        out: The run's folder.
        seed: Other seeds play other episodes, where the source has no end.
        feedback: Whether people are told what an episode came to.
        env_kwargs: Keyword arguments of the environment, as JSON knows them.
        only: A file that names the episodes to play, as ``proactive-gym filter`` writes it.

    Raises:
        InputError: If an argument is impossible, or if the folder is in use or holds another run.
    """

    def __init__(
        self,
        env: str,
        episodes: int | None,
        out: str | Path,
        seed: int,
        feedback: bool,
        env_kwargs: dict[str, Any],
        only: str | Path | None = None,
    ) -> None:
        if episodes is not None:
            check_whole("episodes", episodes, 1)
        elif only is None:
            episodes = A_SET
        self.env, self.feedback = env, feedback
        self.desk = make_desk(env, env_kwargs)
        self.seeds = planned({env: self.desk}, episodes, checked_seeds(seed), only)[env]
        self.names = list(self.seeds)
        self.room = Condition()
        file = Path(out) / "play.lock"
        new = not file.exists()
        self._lock = _locked(file)
        try:
            self.run = RunDirectory.opened(out, self._configuration(episodes, seed, env_kwargs))
            there = self.run.rows() if self.run.episodes.exists() else []
        except InputError:
            self._lock.release()
            if new:  # another's folder is left as it was
                file.unlink(missing_ok=True)
            raise
        self._rows: dict[tuple[str, str], Row] = {(row["agent"], row["episode"]): row for row in there}
        self._seats: list[Seat] = []
        self._reporting = Lock()

    def _configuration(self, episodes: int | None, seed: int, env_kwargs: dict[str, Any]) -> dict[str, Any]:
        """As of an evaluation; who sits down is not known beforehand, so the agents are people."""
        return {
            "agents": ["person:…"],
            "envs": [self.env],
            "episodes": episodes,
            "plan": {self.env: digest(self.names)},
            "seed": seed,
            "feedback": self.feedback,
            "wording": {self.env: self.desk.setting.wording.name},
            "env_kwargs": env_kwargs,
            "version": proactive_gym.__version__,
        }

    def __enter__(self) -> Self:
        """The study, its folder held."""
        return self

    def __exit__(self, *error: object) -> None:
        """Have everyone get up, and let go of the folder."""
        for seat in self._seats:
            seat.leave()
        self._lock.release()

    # --- people -----------------------------------------------------------------------------------------------------

    def sit(self, given: str) -> Seat:
        """A seat for a person, who goes on where someone of that name stopped.

        Raises:
            InputError: If the name is none, if it is being played at present, or if all seats are taken.
        """
        wanted = agent_name(given)
        with self.room:
            name = self._known().get(wanted.casefold(), wanted)
            self._clear(name)
            done = {episode for agent, episode in self._rows if agent == name and self._played(agent, episode)}
            owed = [episode for episode in self.names if episode not in done]
            seat = Seat(name, self.room, self.feedback, len(self.names) - len(owed))
            self._seats.append(seat)
        played = play(seat, self.desk, iter(owed), num_envs=1)
        seat.sit_down(played, lambda trajectory, seconds: self._keep(seat, trajectory, seconds), self.report)
        return seat

    def _known(self) -> dict[str, str]:
        """The spelling of each name that is in use: “anna” goes on as “Anna”."""
        names = [*(agent for agent, _ in self._rows), *(seat.name for seat in self._seats)]
        return {name.casefold(): name for name in names}

    def _clear(self, name: str) -> None:
        """Make room: for that name, and for one more."""
        now = time.monotonic()
        for seat in self._seats:
            if now - seat.seen > IDLE:
                seat.leave()
        self._seats = [seat for seat in self._seats if not seat.gone and not isinstance(seat.view, Done)]
        if any(seat.name == name for seat in self._seats):
            raise InputError(
                f"Someone is playing as “{spoken(name)}” in another window: go on there, take another name, or wait "
                f"{IDLE / 60:.0f} minutes."
            )
        if len(self._seats) >= SEATS:
            raise InputError(f"All {SEATS} seats are taken; try again in a few minutes.")

    def _played(self, agent: str, episode: str) -> bool:
        return self._rows[agent, episode]["error"] is None

    # --- what is kept -----------------------------------------------------------------------------------------------

    def _keep(self, seat: Seat, trajectory: Trajectory, seconds: Sequence[float]) -> None:
        wording = self.desk.setting.wording.name
        row = record(trajectory, seat.name, self.env, wording, self.seeds[trajectory.episode])
        for _ in self.run.append(iter([row])):
            self._rows[seat.name, trajectory.episode] = row
        times = {"seconds": round(sum(seconds), 3), "by_reply": list(seconds)}
        with suppress(OSError):  # the episode is kept, and the next one says if the disk is full
            self.run.note_time(agent=seat.name, env=self.env, episodes=1, episode=row["episode"], num_envs=1, **times)

    def answer(self, trajectory: Trajectory) -> str:
        """The right answer in words, once the episode is over; with free words no turn lists it."""
        return self.desk.begin(trajectory.episode).episode.texts[trajectory.answer]

    def rows_of(self, seat: Seat) -> list[Row]:
        """What that person has played."""
        with self.room:
            return [row for (agent, _), row in self._rows.items() if agent == seat.name and row["error"] is None]

    def report(self) -> Evaluation | None:
        """Write the run's tables and page, if anything was played; where that fails it is said, and play goes on."""
        with self._reporting:
            evaluation = Evaluation(self.run.rows() if self.run.episodes.exists() else [], self.run.folder)
            if not evaluation.rows:
                return None
            try:
                write_reports(evaluation, self.run.folder, f"Run {self.run.folder.name}")
            except (InputError, OSError) as error:
                print(f"proactive-gym: the report could not be written: {one_line(error)}", file=sys.stderr)
            return evaluation


def _locked(file: Path) -> FileLock:
    """The run's folder, held so that no other process writes into it; a killed one lets go of it."""
    lock = FileLock(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(
            f"The run folder {file.parent} is in use by another `proactive-gym play`; give another one: --out."
        ) from None
    except OSError as error:
        raise InputError(f"The run folder {file.parent} cannot be used: {error.strerror or error}.") from error
    return lock
