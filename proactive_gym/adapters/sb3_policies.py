"""Policies over menus for stable-baselines3: the network of ``sb3_networks`` in SB3's frame, and its files."""

import io
import json
import pickle
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary
from sb3_contrib import MaskablePPO
from sb3_contrib.common.maskable.policies import MaskableMultiInputActorCriticPolicy
from stable_baselines3 import PPO
from stable_baselines3.common.policies import MultiInputActorCriticPolicy

from proactive_gym.adapters.sb3_networks import ANSWER, GIVING_UP, INTERVENTION, WIDTHS, Paths, Scores, Sight
from proactive_gym.envs.vocabulary import ABSTAIN, Vocabulary, Word
from proactive_gym.errors import InputError, one_line
from proactive_gym.sources.scenes.subjects import drawings

DESCRIPTION = "proactive_gym.json"
_LARGEST = 2**28


class _OverMenus:
    """Puts ``Scores`` in the place of SB3's linear layer, and ``Paths`` in that of the layers before it."""

    def __init__(
        self,
        *args: Any,
        kinds: Sequence[int],
        widths: Sequence[int] = WIDTHS,
        reluctance: float = 0.0,
        detached: bool = False,
        **kwargs: Any,
    ) -> None:
        self._kinds, self._widths, self._reluctance = tuple(kinds), tuple(widths), reluctance
        settings: dict[str, Any] = {
            "features_extractor_class": Sight,
            "features_extractor_kwargs": {"kinds": self._kinds, "widths": self._widths, "detached": detached},
            "ortho_init": False,
        }
        super().__init__(*args, **{**kwargs, **settings})

    def _build_mlp_extractor(self) -> None:
        policy = cast(Any, self)
        policy.mlp_extractor = Paths(policy.features_dim, policy.features_extractor.plain)

    def _build(self, lr_schedule: Any) -> None:
        super()._build(lr_schedule)  # type: ignore[misc]
        policy = cast(Any, self)
        policy.action_net = Scores(policy.features_extractor.plain, self._kinds, self._reluctance)
        policy.optimizer = policy.optimizer_class(policy.parameters(), lr=lr_schedule(1), **policy.optimizer_kwargs)

    def _get_constructor_parameters(self) -> dict[str, Any]:
        parameters: dict[str, Any] = super()._get_constructor_parameters()  # type: ignore[misc]
        for name in ("ortho_init", "features_extractor_class", "features_extractor_kwargs"):
            parameters.pop(name)
        return {**parameters, "kinds": self._kinds, "widths": self._widths, "reluctance": self._reluctance}


class MenuPolicy(_OverMenus, MultiInputActorCriticPolicy):
    """For SB3's PPO, which knows of no masks: what is not on offer only scores lower.

    Args:
        *args: As SB3 gives them.
        kinds: For each word of the vocabulary the number of its kind.
        widths: Channels of the convolutions.
        reluctance: How far interventions and giving up start below the others.
        detached: Whether knowing things is left to a loss of its own.
        **kwargs: Further ones of SB3's policy.
    """


class MaskableMenuPolicy(_OverMenus, MaskableMultiInputActorCriticPolicy):
    """For sb3-contrib's MaskablePPO; arguments as in ``MenuPolicy``."""


ALGORITHMS: dict[str, tuple[Any, Any]] = {"maskable": (MaskablePPO, MaskableMenuPolicy), "ppo": (PPO, MenuPolicy)}
"""Algorithm and policy, by name."""


def kinds_of(vocabulary: Vocabulary) -> tuple[int, ...]:
    """For each word of a vocabulary of rendered scenes: giving up, an intervention, or an answer."""
    named = {ABSTAIN: GIVING_UP, **dict.fromkeys(drawings().subjects, ANSWER)}
    return tuple(named.get(name, INTERVENTION) for name in vocabulary.names)


# --- Files ------------------------------------------------------------------------------------------------------------


def save_policy(model: Any, file: Path, vocabulary: Vocabulary) -> None:
    """Keep a model whose policy is one of the above, so that ``sb3:FILE.zip`` can play it.

    What SB3 writes holds pickled Python objects, which can run code when they are read. Beside them in the archive goes
    all that the agent needs as plain JSON, and the agent reads that and the weights only.

    Args:
        model: PPO or MaskablePPO.
        file: Ends in ``.zip``.
        vocabulary: What its actions mean.
    """
    unfinished = file.with_name(f"{file.stem}.unfinished.zip")
    model.save(unfinished)
    described = {
        "algorithm": next(name for name, (_, policy) in ALGORITHMS.items() if isinstance(model.policy, policy)),
        "image_size": model.observation_space["image"].shape[-1],
        "widths": list(model.policy._widths),
        "kinds": list(model.policy._kinds),
        "vocabulary": [[word.name, list(word.texts)] for word in vocabulary.words],
    }
    with zipfile.ZipFile(unfinished, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(DESCRIPTION, json.dumps(described))
    unfinished.replace(file)


class LoadedPolicy(NamedTuple):
    """A policy from a file.

    Attributes:
        policy: The network, ready to score.
        vocabulary: What its actions mean.
        image_size: Side of the pictures that it was trained on.
    """

    policy: Any
    vocabulary: Vocabulary
    image_size: int


def load_policy(file: str | Path) -> LoadedPolicy:
    """What ``save_policy`` kept; nothing is unpickled.

    Raises:
        InputError: If it is no such file, or its parts do not fit together.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            described = json.loads(_part(archive, DESCRIPTION))
            weights = torch.load(io.BytesIO(_part(archive, "policy.pth")), map_location="cpu", weights_only=True)
        return _rebuilt(described, weights)
    except OSError as error:
        raise InputError(f"The policy {str(file)!r} cannot be read: {error.strerror or error}.") from error
    except (zipfile.BadZipFile, pickle.UnpicklingError, LookupError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            f"{str(file)!r} holds no policy over menus as proactive_gym.adapters.sb3_policies.save_policy writes it "
            f"({type(error).__name__}: {one_line(error)[:160]}); train one with `proactive-gym train ppo`."
        ) from error


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    size = archive.getinfo(name).file_size
    if size > _LARGEST:
        raise ValueError(f"{name} has {size} bytes, which no policy over menus has")
    return archive.read(name)


def _rebuilt(described: dict[str, Any], weights: dict[str, torch.Tensor]) -> LoadedPolicy:
    vocabulary = Vocabulary(tuple(Word(name, tuple(texts)) for name, texts in described["vocabulary"]))
    side, kinds, widths = described["image_size"], described["kinds"], described["widths"]
    if len(kinds) != len(vocabulary) or not set(kinds) <= {GIVING_UP, INTERVENTION, ANSWER}:
        raise ValueError(f"there are {len(kinds)} kinds for {len(vocabulary)} words")
    if not 0 < int(side) <= 4096 or not 0 < max(widths) <= 4096 or len(widths) > 16:
        raise ValueError(f"a network of {widths} for pictures of {side}")
    words = MultiBinary(len(vocabulary))
    space = Dict({"image": Box(0, 255, (3, side, side), np.uint8), "menu": words, "last": words})
    _, policy_class = ALGORITHMS[described["algorithm"]]
    policy = policy_class(space, Discrete(len(vocabulary)), lambda _: 0.0, kinds=kinds, widths=widths)
    policy.load_state_dict(weights)
    policy.set_training_mode(False)
    return LoadedPolicy(policy, vocabulary, int(side))
