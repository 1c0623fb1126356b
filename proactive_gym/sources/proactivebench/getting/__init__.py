"""Get the benchmark's own files: fetched from the Hugging Face Hub or taken from a local copy, checked and unpacked.

The folder mirrors the repository: ``test`` holds the questions (``NAME_preprocessed.jsonl``) and, unpacked beside them,
the pictures; ``data`` holds the training split. What is under way is in ``.install``: a killed installation loses
nothing, and the same call again goes on where it stopped.
"""

from proactive_gym.sources.proactivebench.getting.fetching import install
from proactive_gym.sources.proactivebench.getting.local_copy import install_from
from proactive_gym.sources.proactivebench.getting.place import DEFAULT_FOLDER, State, state
from proactive_gym.sources.proactivebench.getting.unpacking import unpack

__all__ = ["DEFAULT_FOLDER", "State", "install", "install_from", "state", "unpack"]
