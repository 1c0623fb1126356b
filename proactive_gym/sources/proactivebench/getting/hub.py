"""The hub: what it lists of the data set, and its files, transfer by transfer."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from proactive_gym.errors import InputError, one_line
from proactive_gym.sources.installing.disk import (
    RefusedError,
    Watch,
    checked_parts,
    held,
    size_text,
)
from proactive_gym.sources.proactivebench.getting.place import REPOSITORY, Listed

BLOCK = 8 << 30
"""Most bytes asked for at once: storage behind the hub serves very large files in parts only."""
TRIES = 6
"""Failures in a row, without a byte more, after which a download is given up."""
LONGEST_PAUSE, TIMEOUT = 60.0, 60.0
PASSING = {416, 500, 502, 503, 504}
"""Answers of a server that another try may mend; of 408 and 429 the client itself makes more."""


class Hub:
    """The data set's repository on the hub, at one commit."""

    def __init__(self, repository: str, revision: str | None, endpoint: str | None) -> None:
        from huggingface_hub import constants

        self.repository, self.revision = repository, revision
        self.endpoint = (endpoint or constants.ENDPOINT).rstrip("/")
        self.commit = ""

    def listing(self, train: bool) -> list[Listed]:
        """The files to install: small ones first, then the archives, the largest of them first, which saves space."""
        from huggingface_hub import HfApi
        from huggingface_hub.hf_api import RepoFile

        hub = HfApi(endpoint=self.endpoint, library_name="proactive-gym")
        with self._errors():
            self.commit = str(hub.dataset_info(self.repository, revision=self.revision, timeout=TIMEOUT).sha)
            tree = hub.list_repo_tree(self.repository, recursive=True, revision=self.commit, repo_type="dataset")
            listed = [_listed(file) for file in tree if isinstance(file, RepoFile)]
        chosen = [file for file in listed if _is_chosen(file.path, train)]
        self._check_listing(chosen, train)
        return sorted(chosen, key=lambda file: (file.is_archive, -file.size, file.path))

    def fetch(self, file: Listed, part: Path, watch: Watch) -> None:
        """Fetch what ``part`` lacks of the file."""
        best, failures = held(part), 0
        while (have := held(part)) < file.size:
            trouble, pause = self._try_to_fetch(file, part, have, watch)
            now = held(part)
            best, failures = max(best, now), 0 if now > best else failures + 1
            if failures == TRIES:
                raise InputError(
                    f"{file.path} broke off after {size_text(now)} of {size_text(file.size)} ({trouble}); "
                    f"the same command goes on from there."
                )
            if now < file.size and trouble:
                time.sleep(max(pause, min(2.0**failures, LONGEST_PAUSE)))

    def _try_to_fetch(self, file: Listed, part: Path, have: int, watch: Watch) -> tuple[str, float]:
        """Fetch; what went wrong that another try may mend, and how long the server wants to be left alone."""
        from huggingface_hub.errors import HfHubHTTPError

        try:
            with self._errors(file.path):
                try:
                    self._fetch_rest(file, part, have, watch)
                except HfHubHTTPError as error:
                    if error.response.status_code not in PASSING:
                        raise
                    if error.response.status_code == 416:  # the part is longer than what there is
                        part.unlink(missing_ok=True)
                    wanted = error.response.headers.get("Retry-After", "")
                    pause = min(float(wanted), LONGEST_PAUSE) if wanted.isdigit() else 0.0
                    return f"the server answered {error.response.status_code}", pause
        except BrokenOffError as error:
            return str(error), 0.0
        return ("" if held(part) > have else "nothing came"), 0.0

    def _fetch_rest(self, file: Listed, part: Path, have: int, watch: Watch) -> None:
        """Have the client write what is lacking to the end of the part.

        Its ``hf_hub_download`` would not do: what has come when it is stopped is thrown away, gigabytes of an archive.
        """
        from huggingface_hub import hf_hub_url
        from huggingface_hub.file_download import http_get
        from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

        url = hf_hub_url(self.repository, file.path, repo_type="dataset", revision=self.commit, endpoint=self.endpoint)
        headers = {**build_hf_headers(library_name="proactive-gym"), "Accept-Encoding": "identity"}
        begin, end = have, file.size
        if file.size > BLOCK:  # asked for as a file of its own, which the client takes to begin at 0
            begin, end = 0, min(BLOCK, file.size - have)
            headers["Range"] = f"bytes={have}-{have + end - 1}"

        def tell(done: int) -> None:
            if done > end:
                raise BrokenOffError("the server sent more than was asked for")
            watch(f"fetching {file.path}", have - begin + done, file.size)

        with part.open("ab") as sink:
            try:
                http_get(
                    url,
                    sink,
                    resume_size=begin,
                    headers=headers,
                    expected_size=end,
                    displayed_filename=file.path,
                    tqdm_class=_bar_that_tells(tell),
                )
            except BrokenOffError:
                sink.truncate(have)
                raise
            except OSError as error:
                if type(error) is OSError and error.errno is None:  # the client's own about a wrong length
                    raise BrokenOffError(one_line(error)) from error
                raise

    @contextmanager
    def _errors(self, path: str | None = None) -> Iterator[None]:
        """Turn what the client raises into one sentence."""
        from huggingface_hub import errors

        # Version 1 of the client speaks through httpx, version 2 through httpx2; this is either's.
        network_error: Any = next(kind for kind in errors.HfHubHTTPError.__mro__ if kind.__name__ == "HTTPError")
        what = f"the data set {self.repository!r}"
        try:
            yield
        except errors.OfflineModeIsEnabled as error:
            raise InputError(
                "HF_HUB_OFFLINE (or TRANSFORMERS_OFFLINE) is set, which forbids downloads; "
                "set HF_HUB_OFFLINE=0 for this command, or install from a local copy."
            ) from error
        except errors.RevisionNotFoundError as error:
            raise InputError(f"{self.endpoint} has no revision {self.revision!r} of {what}; leave it out.") from error
        except errors.GatedRepoError as error:
            raise InputError(
                f"{self.endpoint} gives {what} only to those who agreed to its terms; "
                f"agree at {self.endpoint}/datasets/{self.repository} and set HF_TOKEN."
            ) from error
        except errors.RepositoryNotFoundError as error:
            raise InputError(
                f"{self.endpoint} has no {what[4:]}, or hides it; check its name and HF_ENDPOINT, and set HF_TOKEN "
                f"if it is private."
            ) from error
        except errors.HFValidationError as error:
            raise InputError(f"repository is {self.repository!r}, but must be like {REPOSITORY!r}.") from error
        except errors.HfHubHTTPError as error:
            raise InputError(
                f"{self.endpoint} answered {error.response.status_code} when asked for {path or what}; "
                f"try later, or install from a local copy."
            ) from error
        except network_error as error:
            if path:
                raise BrokenOffError(one_line(error)) from error
            raise InputError(
                f"{self.endpoint} cannot be reached ({one_line(error)}); "
                f"check the network and HF_ENDPOINT, or install from a local copy."
            ) from error
        except InputError:
            raise
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{self.endpoint} does not answer like a hub ({one_line(error)}); check HF_ENDPOINT."
            ) from error

    def _check_listing(self, listed: list[Listed], train: bool) -> None:
        where = f"The data set {self.repository!r} at {self.endpoint}"
        if not any(file.path.endswith("_preprocessed.jsonl") for file in listed):
            raise InputError(f"{where} holds no test/NAME_preprocessed.jsonl; check the repository and its revision.")
        if train and not any(file.path.startswith("data/") for file in listed):
            raise InputError(f"{where} holds no data/train-*.parquet; install without the training split.")
        for file in listed:
            try:
                checked_parts(file.path)
            except RefusedError as error:
                raise InputError(f"{where} lists {file.path!r}, which {error}; do not use this repository.") from error


class BrokenOffError(Exception):
    """A download ended early; the next try goes on from there."""


def _bar_that_tells(tell: Callable[[int], None]) -> type[Any]:
    """A progress bar for the client that shows nothing and tells how far it is."""
    from tqdm import tqdm

    class Bar(tqdm):
        def __init__(self, *words: Any, initial: int = 0, **options: Any) -> None:
            super().__init__(disable=True)
            self.done = initial

        def update(self, more: float | None = 1) -> None:
            self.done += int(more or 0)
            tell(self.done)

    return Bar


def _listed(file: Any) -> Listed:
    if file.lfs is not None:
        return Listed(file.path, file.lfs.size, f"sha256:{file.lfs.sha256}")
    return Listed(file.path, file.size, f"git:{file.blob_id}")


def _is_chosen(path: str, train: bool) -> bool:
    return path.startswith("test/") or (train and re.fullmatch(r"data/train-.*\.parquet", path) is not None)
