"""The tiny model evaluated by verifiers, whose traces hold every turn with its picture.

pip install 'proactive-gym[verifiers,play]' uv && python examples/verifiers_tiny.py

What it starts is `vf-eval proactive-gym-verifiers …`, with the tiny model's endpoint in place of another's.
"""

import json
import os
from pathlib import Path
from typing import Any

from verifiers.v1.cli.eval.main import main as vf_eval

from proactive_gym.recipes.tiny_server import served


def main(folder: str = "runs/verifiers", name: str = "tiny", **taskset: Any) -> list[dict[str, Any]]:
    """Evaluate the tiny model; the traces."""
    os.environ.setdefault("TINY_API_KEY", "none")
    settings = [
        part for key, value in taskset.items() for part in (f"--env.taskset.{key.replace('_', '-')}", str(value))
    ]
    with served() as endpoint:
        client = ["-m", "tiny-rl", "--client.base-url", endpoint, "--client.api-key-var", "TINY_API_KEY"]
        kept = ["--no-push", "--output-dir", folder, "--run.name", name, "--clean"]
        vf_eval(["proactive-gym-verifiers", *settings, *client, *kept])
    lines = (Path(folder) / name / "traces.jsonl").read_text().splitlines()
    traces = [trace for line in lines for trace in json.loads(line)["traces"]]
    rewards = [trace["rewards"]["return"]["score"] for trace in traces if trace["rewards"]]
    print(f"mean return {sum(rewards) / max(len(rewards), 1):.2f} of {len(rewards)} episodes")
    return traces


if __name__ == "__main__":
    main(env_id="ProactiveOcclusion-v0", episodes=20, image_size=64)
