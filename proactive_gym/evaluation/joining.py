"""Several runs as one, so that their agents can be compared."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from proactive_gym.errors import InputError
from proactive_gym.evaluation.run_directory import RunDirectory
from proactive_gym.stored import Row, key


def joined(folders: Sequence[Path]) -> list[Row]:
    """The rows of all the runs.

    An agent that played the same episodes in several of them, under another setting say, goes by the run's name, too:
    ``random (hinted)``.

    Raises:
        InputError: If a folder comes twice or holds no run, or if two that play the same have the same name.
    """
    places = [folder.resolve() for folder in folders]
    for folder, place in zip(folders, places, strict=True):
        if places.count(place) > 1:
            raise InputError(f"{folder} is given twice.")
    runs = [RunDirectory(folder).rows() for folder in folders]
    times = Counter(key(row) for rows in runs for row in rows)
    several = {agent for (agent, _, _), number in times.items() if number > 1}
    named = [
        {**row, "agent": f"{row['agent']} ({place.name})"} if row["agent"] in several else row
        for rows, place in zip(runs, places, strict=True)
        for row in rows
    ]
    if max(Counter(map(key, named)).values(), default=0) > 1:
        raise InputError("Two of the runs have the same agent, the same episodes and the same name; rename a folder.")
    return named
