"""The tiny model in Inspect, turn by turn, each with its picture; then `inspect view --log-dir runs/inspect`.

pip install 'proactive-gym[inspect,play]' && python examples/inspect_tiny.py

A real model takes one line: inspect eval proactive_gym/occlusion --model openai/gpt-4o -T episodes=50
"""

import os
from typing import Any

import inspect_ai

from proactive_gym.recipes.tiny_server import served


def main(folder: str = "runs/inspect", task: str = "proactive_gym/occlusion", **arguments: Any) -> Any:
    """Evaluate the tiny model, before and after it learnt to ask; the logs."""
    logs = []
    for agent in ("tiny", "tiny-rl"):
        with served(agent) as endpoint:
            os.environ |= {"TINY_BASE_URL": endpoint, "TINY_API_KEY": "none"}
            logs += inspect_ai.eval(task, model=f"openai-api/tiny/{agent}", task_args=arguments, log_dir=folder)
    for log in logs:
        measures = log.results.scores[0].metrics
        print(log.eval.model, *[f"{name} {measures[name].value:.2f}" for name in ("accuracy", "suggestions")])
    return logs


if __name__ == "__main__":
    main(episodes=40, image_size=64)
