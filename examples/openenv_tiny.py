"""The tiny model plays an environment that an OpenEnv server runs.

pip install 'proactive-gym[openenv,play]' && python examples/openenv_tiny.py

The server runs in this process here; elsewhere it is `python -m proactive_gym.adapters.openenv ProactiveOcclusion-v0`.
"""

from collections import Counter
from typing import Any

from proactive_gym import make_agent
from proactive_gym.adapters.openenv import app
from proactive_gym.adapters.openenv_client import ProactiveAction, ProactiveClient
from proactive_gym.recipes.tiny_server import listening


def main(env: str = "ProactiveOcclusion-v0", episodes: int = 20, **env_kwargs: Any) -> Counter[str]:
    """How the episodes end, by outcome."""
    model: Any = make_agent("tiny-rl")
    ends: Counter[str] = Counter()
    with listening(app(env, **env_kwargs)) as address, ProactiveClient(base_url=address).sync() as client:
        for seed in range(episodes):
            result = client.reset(seed=seed)
            while not result.done:
                shown = result.observation
                words = {"type": "text", "text": shown.dialogue}
                asked = {"role": "user", "content": [{"type": "image", "image": shown.picture}, words]}
                (reply,) = model.complete([[asked]])
                result = client.step(ProactiveAction(reply=reply))
            ends[result.observation.info["outcome"]] += 1
    print(dict(ends))
    return ends


if __name__ == "__main__":
    main(image_size=64)
