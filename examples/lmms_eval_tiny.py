"""The tiny model evaluated by lmms-eval, a new picture each turn.

pip install 'proactive-gym[play]' lmms-eval 'filelock<4' && python examples/lmms_eval_tiny.py
"""

import sys
from typing import Any

from proactive_gym.adapters.lmms_eval_task import write_task
from proactive_gym.recipes.tiny_server import served


def main(folder: str = "runs/lmms_eval", env: str = "ProactiveOcclusion-v0", **arguments: Any) -> None:
    """Write the task, then do what `lmms-eval --include_path … --tasks …` does."""
    from lmms_eval.__main__ import cli_evaluate

    task = write_task(f"{folder}/tasks", env, **arguments)
    with served() as endpoint:
        model = ["--model", "openai", "--model_args", f"model_version=tiny-rl,base_url={endpoint},api_key=none"]
        kept = ["--output_path", folder, "--log_samples", "--batch_size", "1"]
        sys.argv = ["lmms-eval", "--include_path", f"{folder}/tasks", "--tasks", task, *model, *kept]
        cli_evaluate()


if __name__ == "__main__":
    main(episodes=20, image_size=64)
