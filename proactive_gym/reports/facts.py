"""What a report says of its run before any figure: what was played, how, and what there is to know about it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import proactive_gym
from proactive_gym.errors import InputError
from proactive_gym.evaluation import Evaluation
from proactive_gym.evaluation.run_directory import RunDirectory
from proactive_gym.reports.landmarks import Landmark
from proactive_gym.reports.tables import short
from proactive_gym.sources.built_in import attribution_of as source_attribution
from proactive_gym.sources.scenes.art import ATTRIBUTION
from proactive_gym.stored import finished

HOW = {
    "run": "Part of the run",
    "played": "Played on its episodes for this page, without pictures, at which they do not look",
    "reckoned": "Reckoned from the menus and the requests needed",
}


def facts(evaluated: Evaluation) -> dict[str, str]:
    """What was played, and how, by heading."""
    configuration = configuration_of(evaluated.folder)
    envs = list(dict.fromkeys(row["env"] for row in evaluated.rows))
    told = {
        "agents": ", ".join(dict.fromkeys(row["agent"] for row in evaluated.rows)),
        "environments": ", ".join(map(short, envs)),
        "episodes": f"{sum(cell.episodes for cell in evaluated.table)} episodes",
        "source": source_of(configuration),
        "setting": setting_of(configuration),
        "sentences": f"Hints and the sentences around the menu: {', '.join(evaluated.wordings)}.",
    }
    for name in ("seed", "shots"):
        if configuration.get(name):
            told[name] = str(configuration[name])
    if isinstance(judge := configuration.get("judge"), dict):
        told["judge"] = str(judge.get("name"))
    if "version" in configuration:
        told["version"] = f"proactive-gym {configuration['version']}"
    return {name: value for name, value in told.items() if value}


def source_of(configuration: dict[str, Any]) -> str:
    """Where the episodes came from, in words; ``""`` where nothing is known of the run."""
    if not configuration:
        return ""
    kwargs = configuration.get("env_kwargs") or {}
    source = kwargs.get("source", "scenes")
    named = source.get("name") if isinstance(source, dict) else source
    words = {"scenes": "rendered scenes", "proactivebench": "the official files of ProactiveBench"}
    split = f", split {kwargs['split']}" if kwargs.get("split") else ""
    return f"{words.get(str(named), str(named))}{split}"


def attribution_of(*configurations: dict[str, Any]) -> str:
    """Whose pictures runs of these configurations show, and under which licences."""
    given = [configuration.get("env_kwargs") for configuration in configurations]
    named = [kwargs.get("source") for kwargs in given if isinstance(kwargs, dict)]
    said = [source_attribution(name) for name in named if isinstance(name, str)]
    return " ".join(dict.fromkeys([*filter(None, said), ATTRIBUTION]))


def setting_of(configuration: dict[str, Any]) -> str:
    """The environments' arguments that decide how a conversation goes, as they were given."""
    kwargs = configuration.get("env_kwargs") or {}
    return ", ".join(f"{name}={value}" for name, value in kwargs.items() if name not in ("source", "data_dir", "split"))


def warnings(evaluated: Evaluation) -> list[str]:
    """What a reader has to know, a sentence each."""
    found = []
    configuration = configuration_of(evaluated.folder)
    version = configuration.get("version")
    if version not in (None, proactive_gym.__version__):
        found.append(
            f"The run was played by version {version}; this report is made by version {proactive_gym.__version__}."
        )
    played, owed = sum(map(finished, evaluated.rows)), planned(configuration)
    if owed is not None and played < owed:
        found.append(
            f"The run is unfinished: {played} of {owed} episodes are there; the same command again plays the others."
        )
    rows = [row for row in evaluated.rows if row["error"] is None]
    if rows and all(row["sufficiency"] is None for row in rows):
        found.append(
            "The source does not say how much its pictures show. Measures that need to know it (precision, recall, "
            "over-asking, d′, regret …) are left out."
        )
    if len({row["agent"] for row in rows}) == 1:
        found.append("One agent only: there is nobody to pair it with; the landmarks show where it stands.")
    return found


def planned(configuration: dict[str, Any]) -> int | None:
    """How many episodes the run is of; ``None`` where ``run.json`` does not say."""
    try:
        each = [int(str(text).split()[0]) for text in configuration["plan"].values()]
        return sum(each) * len(configuration["agents"])
    except (KeyError, ValueError, AttributeError, TypeError, IndexError):
        return None


def landmarks_told(marks: Sequence[Landmark]) -> str:
    """How the landmarks came about, in a sentence each; which ones there are not."""
    by_how: dict[str, list[str]] = {}
    for mark in marks:
        by_how.setdefault(mark.how, []).append(mark.agent)
    parts = [f"{HOW[how]}: {', '.join(dict.fromkeys(names))}." for how, names in by_how.items()]
    return " ".join(parts) if parts else "There are none: the source cannot be opened again, and no menu tells of them."


def configuration_of(folder: Path | None) -> dict[str, Any]:
    """What ``run.json`` says; nothing where it is missing or damaged."""
    if folder is None:
        return {}
    try:
        return RunDirectory(folder).configuration()
    except InputError:
        return {}
