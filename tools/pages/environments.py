"""A page per environment, from its docstring, with pictures that the environment makes."""

import inspect
import io
from typing import Any

import gymnasium as gym
import numpy as np
from PIL import Image

import proactive_gym
from proactive_gym import envs
from proactive_gym.envs import SCENARIOS

GAP, MOST = 8, 4
SHOWN = range(3)
"""Episodes in the gallery, by their numbers."""


def pages() -> dict[str, str | bytes]:
    """The pages of all environments, their list and the gallery, with their pictures, by name."""
    made: dict[str, str | bytes] = {"environments/index.md": _index(), "gallery.md": _gallery()}
    for env_id, name in _names().items():
        picture, told = _walk(env_id, 0)
        made[f"environments/{name}.png"] = picture
        made[f"environments/{name}.md"] = _page(env_id, f"![{told}]({name}.png)\n\n*{told}*")
        if name != "suite":
            for number in SHOWN:
                made[f"gallery/{name}-{number}.png"], _ = _walk(env_id, number + 1)
    return made


def _names() -> dict[str, str]:
    """Short names of the environments' pages: their scenario's, or ``suite``."""
    known = {
        f"Proactive{''.join(part.capitalize() for part in item.name.split('_'))}-v0": item.name for item in SCENARIOS
    }
    return {env_id: known.get(env_id, "suite") for env_id in proactive_gym.ENVIRONMENTS}


def _docstring(env_id: str) -> str:
    return inspect.getdoc(getattr(envs, proactive_gym.ENVIRONMENTS[env_id])) or ""


def _page(env_id: str, picture: str) -> str:
    """The docstring with its title and, after its first paragraph, the picture."""
    summary, _, rest = _docstring(env_id).partition("\n\n")
    made = f'```python\nimport gymnasium as gym\nimport proactive_gym\n\nenv = gym.make("{env_id}")\n```'
    return f"# {env_id}\n\n{summary}\n\n{picture}\n\n{made}\n\n{rest}\n"


def _index() -> str:
    lines = ["# Environments", "", "| id | what it is |", "| --- | --- |"]
    for env_id, name in _names().items():
        lines.append(f"| [{env_id}]({name}.md) | {_docstring(env_id).splitlines()[0]} |")
    lines += [
        "",
        "All take the same keyword arguments, which [`Arguments`](../api/environments.md) explains.",
        "",
    ]
    return "\n".join(lines)


def _gallery() -> str:
    lines = ["# Gallery", "", "What an ideal asker gets to see, from the first picture to the one that suffices.", ""]
    for name in [item.name for item in SCENARIOS]:
        lines += [f"## {name.replace('_', ' ').capitalize()}", ""]
        lines += [f"![{name}, episode {number + 1}](gallery/{name}-{number}.png)\n" for number in SHOWN]
    return "\n".join(lines)


def _walk(env_id: str, number: int) -> tuple[bytes, str]:
    """The pictures of an episode in which the oracle plays, as a PNG, and what is said in it."""
    env = gym.make(env_id)
    observation, _ = env.reset(options={"episode": number})
    pictures, said, over = [observation["image"]], [observation["dialogue"].splitlines()[0]], False
    while not over:
        conversation: Any = env.unwrapped.conversation  # type: ignore[attr-defined]
        choice = conversation.best_choice()
        said.append(f"“{conversation.episode.texts[choice]}”")
        observation, _, terminated, truncated, _ = env.step(choice)
        over = terminated or truncated
        pictures += [] if over else [observation["image"]]
    env.close()
    return _strip(pictures), " → ".join(said)


def _strip(pictures: list[np.ndarray]) -> bytes:
    """Some of the pictures side by side: the first, the last, and what is between them as far as there is room."""
    if len(pictures) > MOST:
        pictures = [pictures[round(place * (len(pictures) - 1) / (MOST - 1))] for place in range(MOST)]
    side = pictures[0].shape[0]
    strip = Image.new("RGB", (len(pictures) * (side + GAP) - GAP, side), "white")
    for place, picture in enumerate(pictures):
        strip.paste(Image.fromarray(picture), (place * (side + GAP), 0))
    file = io.BytesIO()
    strip.save(file, "PNG")
    return file.getvalue()
