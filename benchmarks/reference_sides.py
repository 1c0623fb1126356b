"""The two sides of the comparison: the loop of the benchmark's own package, and ours, with one checkpoint and rows.

The package's evaluation script is run as it is. What it would load is handed to it instead: checkpoint and data set,
the model in ``float32`` (it asks for ``bfloat16``, in which replies depend on the size of the batch), and stand-ins for
two libraries that have no part in the loop. Its code is written for Python 3.12; where this one is older, the quotes
within three of its f-strings are exchanged.
"""

import contextlib
import io
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from importlib import import_module
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import torch

from proactive_gym import rollouts
from proactive_gym.agents import ModelOptions, Turn
from proactive_gym.agents.transformers import TransformersAgent
from proactive_gym.envs.suite import ProactiveSuiteEnv
from proactive_gym.evaluation import Workers
from proactive_gym.evaluation.company import Job
from proactive_gym.evaluation.desks import make_desks
from proactive_gym.evaluation.planning import planned
from proactive_gym.evaluation.run_directory import in_order
from proactive_gym.evaluation.workers import hired

PACKAGE = "proactivebench"
_NESTED_QUOTES = re.compile(rb'(\{inspect\.getsource\(step(?:_\d)?\[)"(\w+)"(\]\)\})')

SUITE = "ProactiveSuite-v0"
DATA_SETS = {scenario.name: scenario.dataset for scenario in ProactiveSuiteEnv.scenarios}
_AGENTS_PARTS = ("model", "processor", "agent")
Replies = dict[str, list[list[str]]]
"""By data set: the replies in each episode, in the order of the rows."""


class Played(NamedTuple):
    """What came of playing all rows once.

    Attributes:
        replies: Episode by episode.
        seconds: How long it took.
        spent: Seconds by what they went to; with workers, those of all of them together.
        work: Seconds of the processor, those of all threads and workers together.
    """

    replies: Replies
    seconds: float
    spent: dict[str, float]
    work: float

    @property
    def decisions(self) -> int:
        """How many replies there were."""
        return sum(len(episode) for episodes in self.replies.values() for episode in episodes)


class Clock:
    """Seconds by what they went to; of what is nested, the innermost counts."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self._open: list[str] = []
        self._since = 0.0
        self._begun = time.process_time()

    def played(self, replies: Replies) -> Played:
        """What came of it since the clock was made."""
        return Played(replies, sum(self.spent.values()), self.spent, time.process_time() - self._begun)

    @contextlib.contextmanager
    def on(self, what: str) -> Iterator[None]:
        """Count the time within."""
        self._turn()
        self._open.append(what)
        try:
            yield
        finally:
            self._turn()
            self._open.pop()

    def _turn(self) -> None:
        now = time.perf_counter()
        if self._open:
            self.spent[self._open[-1]] = self.spent.get(self._open[-1], 0.0) + now - self._since
        self._since = now

    def counted(self, what: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, its time counted."""

        def timed(*given: Any, **named: Any) -> Any:
            with self.on(what):
                return function(*given, **named)

        return timed


# --- Ours -------------------------------------------------------------------------------------------------------------


class _Watched:
    """An agent on the clock."""

    def __init__(self, agent: TransformersAgent, clock: Clock) -> None:
        self.name = agent.name
        self._agent, self._clock = agent, clock

    def act(self, turns: list[Turn]) -> Any:
        with self._clock.on("agent"):
            return self._agent.act(turns)


def play_ours(agent: TransformersAgent, folder: Path, batch: int) -> Played:
    """All rows as one stream, ``batch`` conversations at a time.

    Args:
        agent: The checkpoint.
        folder: The rows and their pictures.
        batch: Conversations open at once.
    """
    clock = Clock()
    replies: Replies = {name: [] for name in DATA_SETS.values()}
    with _timed(agent, clock), clock.on("environment"):
        setting: dict[str, Any] = {"source": PACKAGE, "data_dir": folder, "split": "all", "reply": "text"}
        for trajectory in rollouts(_Watched(agent, clock), SUITE, num_envs=batch, **setting):
            replies[DATA_SETS[trajectory.scenario]].append([str(said.reply) for said in trajectory.exchanges])
    return clock.played(replies)


def parts_of(agent: TransformersAgent) -> tuple[Any, Any]:
    """What makes its prompts, and its model."""
    return agent._prompts, agent._model


@contextlib.contextmanager
def _timed(agent: TransformersAgent, clock: Clock) -> Iterator[None]:
    prompts, model = parts_of(agent)
    with (
        _replaced(prompts, "encode", clock.counted("processor", prompts.encode)),
        _replaced(prompts, "render", clock.counted("processor", prompts.render)),
        _replaced(model, "generate", clock.counted("model", model.generate)),
    ):
        yield


class _Employed:
    """An agent on the clock, loaded where it plays; what it has used tells where a worker's time goes.

    Args:
        checkpoint: The checkpoint's folder.
    """

    def __init__(self, checkpoint: Path) -> None:
        self.name = checkpoint.name
        self._checkpoint = checkpoint
        self._clock = Clock()

    def act(self, turns: list[Turn]) -> Any:
        with _timed(self._agent, self._clock):
            return _Watched(self._agent, self._clock).act(turns)

    @property
    def usage(self) -> dict[str, float]:
        """What the clocks show: a worker reports what has come to it between its first and its last episode."""
        parts = {f"seconds_{part}": seconds for part, seconds in self._clock.spent.items()}
        return {"seconds_in_all": time.perf_counter(), "seconds_of_work": time.process_time(), **parts}

    @cached_property
    def _agent(self) -> TransformersAgent:
        return _loaded(self._checkpoint)


def _loaded(checkpoint: Path) -> TransformersAgent:
    return TransformersAgent(str(checkpoint), ModelOptions(device="cpu", dtype="float32"))


class Team:
    """Ours with workers: processes that are there already, each with the checkpoint and one thread.

    Args:
        checkpoint: The checkpoint's folder.
        rows: The folder of the rows.
        workers: How many.
        batch: Conversations open at once in each.
    """

    def __init__(self, checkpoint: Path, rows: Path, workers: int, batch: int) -> None:
        setting = {"source": PACKAGE, "data_dir": rows, "split": "all", "reply": "text"}
        job = Job((_Employed(checkpoint),), (SUITE,), setting, ModelOptions(), None, 0, batch)
        desks = make_desks(job.envs, setting, 0)
        self._episodes = planned(desks, None, [0], None)[SUITE]
        with _environment("OMP_NUM_THREADS", "1"):
            self._coordinator = hired(job.worded(desks), Workers(workers))
            self._coordinator.wait_for_all()

    def play(self) -> Played:
        """All rows, from the first share to the last report."""
        (agent,) = self._coordinator.cast.agents
        noted: list[dict[str, Any]] = []
        began = time.perf_counter()
        found = list(self._coordinator.play({(agent, SUITE): self._episodes}, lambda **line: noted.append(line)))
        seconds = time.perf_counter() - began
        replies: Replies = {name: [] for name in DATA_SETS.values()}
        for row in in_order(found, [(agent, SUITE, name) for name in self._episodes]):
            replies[DATA_SETS[row["scenario"]]].append([str(reply) for reply in row["replies"]])
        used = {name: sum(line[f"seconds_{name}"] for line in noted) for name in ("in_all", "of_work", *_AGENTS_PARTS)}
        spent = {part: used[part] for part in _AGENTS_PARTS}
        spent["environment"] = used["in_all"] - sum(spent.values())
        return Played(replies, seconds, spent, used["of_work"])

    def close(self) -> None:
        """End the processes."""
        self._coordinator.close()


@contextlib.contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name)
        if before is not None:
            os.environ[name] = before


@contextlib.contextmanager
def threads(number: int) -> Iterator[None]:
    """So many threads for torch."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


# --- Theirs -----------------------------------------------------------------------------------------------------------


def load_package(folder: Path) -> ModuleType:
    """The package's evaluation script for menus."""
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    if sys.version_info < (3, 12) and _OlderSyntax not in sys.meta_path:
        sys.meta_path.insert(0, _OlderSyntax)
    sys.modules.setdefault("qwen_vl_utils", _no_qwen())
    if "jsonlines" not in sys.modules and find_spec("jsonlines") is None:
        sys.modules["jsonlines"] = _lines()
    return import_module(f"{PACKAGE}.tests.mcqa")


def play_theirs(script: ModuleType, agent: TransformersAgent, folder: Path) -> Played:
    """All rows, by the script's own ``main``, with the agent's model and processor."""
    clock = Clock()
    prompts, model = parts_of(agent)
    lent_processor = _Lent(prompts.processor, clock)
    replies: Replies = {name: [] for name in DATA_SETS.values()}
    with contextlib.ExitStack() as lent:
        for name, value in {
            "AutoProcessor": SimpleNamespace(from_pretrained=lambda _: lent_processor),
            "LlavaOnevisionForConditionalGeneration": SimpleNamespace(from_pretrained=lambda *_, **__: model),
            "torch": SimpleNamespace(bfloat16=torch.float32),
            "MODEL": agent.name,
            "DATASETS": {name: name for name in replies},
        }.items():
            lent.enter_context(_replaced(script, name, value))
        lent.enter_context(_replaced(model, "generate", clock.counted("model", model.generate)))
        lent.enter_context(contextlib.redirect_stdout(io.StringIO()))
        lent.enter_context(contextlib.redirect_stderr(io.StringIO()))
        lent.enter_context(_replaced(sys, "argv", ["mcqa", "--data-dir", str(folder)]))
        for data_set, episodes in replies.items():
            lent.enter_context(_replaced(script, "DATASET", data_set))
            lent.enter_context(_replaced(script, "get_environment", _noting(episodes)))
            with clock.on("environment"):
                script.main()
    return clock.played(replies)


def _noting(episodes: list[list[str]]) -> Callable[..., Any]:
    """Gives the package's environments, which then note what is said to them."""
    environments = import_module(f"{PACKAGE}.environment")

    def get_environment(dataset: str) -> Any:
        class Noted(environments.get_environment(dataset)):  # type: ignore[misc]
            def __init__(self, *given: Any, **named: Any) -> None:
                super().__init__(*given, **named)
                episodes.append([])

            def evaluate_generated_answer(self, generated_answer: str) -> None:
                episodes[-1].append(generated_answer.strip())
                super().evaluate_generated_answer(generated_answer)

        return Noted

    return get_environment


class _Lent:
    """The processor, on the clock."""

    def __init__(self, processor: Any, clock: Clock) -> None:
        self.tokenizer = processor.tokenizer
        self.apply_chat_template = clock.counted("processor", processor.apply_chat_template)
        self.decode = clock.counted("processor", processor.decode)
        self._call = clock.counted("processor", processor)

    def __call__(self, **named: Any) -> Any:
        return self._call(**named)


class _OlderSyntax(PathFinder):
    """Finds the package's modules, and reads them as Python 3.12 would."""

    @classmethod
    def find_spec(cls, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if fullname.partition(".")[0] != PACKAGE:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Requoting(fullname, spec.loader.path)
        return spec


class _Requoting(SourceFileLoader, Loader):
    """Exchanges the quotes within f-strings of log lines, which older Pythons cannot read."""

    def get_code(self, fullname: str) -> Any:
        source = _NESTED_QUOTES.sub(rb"\1'\2'\3", self.get_data(self.path))
        return self.source_to_code(source, self.path)


def _lines() -> ModuleType:
    """Of jsonlines what the package uses: the objects of a file, one a line."""

    @contextlib.contextmanager
    def opened(path: str, mode: str) -> Iterator[Iterator[Any]]:
        with Path(path).open(mode, encoding="utf-8") as stream:
            yield map(json.loads, stream)

    return _module("jsonlines", open=opened)


def _no_qwen() -> ModuleType:
    """In place of qwen-vl-utils, which the loop calls for Qwen's models only."""
    return _module("qwen_vl_utils", process_vision_info=None)


def _module(name: str, **content: Any) -> ModuleType:
    made = ModuleType(name)
    made.__dict__.update(content)
    return made


@contextlib.contextmanager
def _replaced(holder: Any, name: str, value: Any) -> Iterator[None]:
    before = vars(holder).get(name, _replaced)
    setattr(holder, name, value)
    try:
        yield
    finally:
        if before is _replaced:
            delattr(holder, name)
        else:
            setattr(holder, name, before)
