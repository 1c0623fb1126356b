"""The environments as tasks of lmms-eval, by a folder for its ``--include_path``.

``python -m proactive_gym.adapters.lmms_eval_task ProactiveOcclusion-v0 --episodes 50 --out tasks`` writes the task and
its rows, one per episode.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from proactive_gym.adapters.lmms_eval import episodes_of
from proactive_gym.adapters.written import OF_ONE, task_name
from proactive_gym.cli_options import add_environment_options, setting_of
from proactive_gym.errors import InputError

MOST_TURNS = 1000
"""More than any episode has: where it ends, the environment says."""
_TASK = """\
task: {task}
dataset_path: json
dataset_kwargs:
  data_files:
    test: {rows}
test_split: test
output_type: generate_until_agentic
doc_to_visual: !function utils.doc_to_visual
doc_to_text: !function utils.doc_to_text
doc_to_target: answer
process_results: !function utils.process_results
generation_kwargs:
  max_new_tokens: 50
  temperature: 0
  do_sample: false
  max_agentic_steps: {turns}
metric_list:
{metrics}
"""


def write_task(folder: str | Path, env: str, episodes: int | None = None, seed: int = 0, **env_kwargs: Any) -> str:
    """Write the folder of a task for ``--include_path``.

    Args:
        folder: Where; several tasks may share it.
        env: An environment's id.
        episodes: How many; ``None`` for all of a source that has an end, else 200.
        seed: Other seeds take other episodes, where the source has no end.
        **env_kwargs: Keyword arguments of the environment, as JSON can hold them.

    Returns:
        The task's name.

    Raises:
        InputError: If an argument is impossible.
    """
    arguments = json.dumps({"episodes": episodes, "seed": seed, **env_kwargs})
    made = episodes_of(env, arguments)
    task = f"proactive_gym_{task_name(env)}"
    home = Path(folder).resolve()
    home.mkdir(parents=True, exist_ok=True)
    rows = home / f"{task}.jsonl"
    told = [(name, made.desk.begin(name).episode) for name in made.names]
    kept = [{"episode": name, "answer": it.texts[it.answer], "env": env, "arguments": arguments} for name, it in told]
    rows.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in kept), encoding="utf-8")
    metrics = "".join(
        f"  - metric: {name}\n    aggregation: !function utils.all_{name}\n    higher_is_better: true\n"
        for name in OF_ONE
    )
    task_file = _TASK.format(task=task, rows=json.dumps(str(rows)), turns=MOST_TURNS, metrics=metrics)
    (home / f"{task}.yaml").write_text(task_file, encoding="utf-8")
    (home / "utils.py").write_text(
        "from proactive_gym.adapters.lmms_eval import AGGREGATIONS, doc_to_text, doc_to_visual, process_results\n\n"
        "globals().update(AGGREGATIONS)\n"
    )
    return task


def main(argv: Sequence[str] | None = None) -> None:
    """Write a task's folder."""
    parser = argparse.ArgumentParser(
        "python -m proactive_gym.adapters.lmms_eval_task", description="A task for lmms-eval."
    )
    parser.add_argument("env", help="an environment's id")
    parser.add_argument("--out", required=True, metavar="DIR", help="the folder for --include_path")
    parser.add_argument("--episodes", type=int, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    add_environment_options(parser)
    given = parser.parse_args(argv)
    try:
        task = write_task(given.out, given.env, given.episodes, given.seed, **setting_of(given))
    except InputError as wrong:
        sys.exit(f"error: {wrong}")
    print(f"lmms-eval --include_path {given.out} --tasks {task} --batch_size 1 --model … --model_args …")


if __name__ == "__main__":
    main()
