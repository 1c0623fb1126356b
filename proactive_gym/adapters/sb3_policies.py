"""Policies over menus for stable-baselines3: a small network that looks at the picture and scores what is on offer.

Each word of the vocabulary has a vector, and so has each kind of word; a word's score is how well both fit the
picture. The vector that all interventions share is what carries over to interventions that were never trained on.
"""

import io
import json
import pickle
import zipfile
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary
from sb3_contrib import MaskablePPO
from sb3_contrib.common.maskable.policies import MaskableMultiInputActorCriticPolicy
from stable_baselines3 import PPO
from stable_baselines3.common.policies import MultiInputActorCriticPolicy
from stable_baselines3.common.preprocessing import is_image_space_channels_first
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import nn

from proactive_gym.envs.vocabulary import ABSTAIN, Vocabulary, Word
from proactive_gym.errors import InputError, one_line
from proactive_gym.sources.scenes.subjects import drawings

DESCRIPTION = "proactive_gym.json"
_LARGEST = 2**28
GIVING_UP, INTERVENTION, ANSWER = range(3)
"""Kinds of words."""
WIDTHS = (24, 48, 96, 192)
GLANCE = (24, 32, 24)
"""Channels of the convolutions that take in the whole."""
NOT_ON_OFFER = 8.0
"""How far words that are not on offer start below the others; learnt, like all else, where no mask forbids them."""


class Sight(BaseFeaturesExtractor):
    """What is on the picture, what state it is in, and the menu.

    The one is its most striking features, wherever they are: enough to know a thing by. The other is a glance at the
    whole, by place: what hides the thing, how the picture is damaged, on which side there is more to see.

    Args:
        space: Of ``EncodedMenu``, pictures turned to channels first as SB3 does.
        widths: Channels of the convolutions that know things.
        detached: Whether these are left alone by whatever learns from ``forward``.
    """

    def __init__(self, space: Dict, widths: Sequence[int] = WIDTHS, detached: bool = False) -> None:
        image, menu = cast(Any, space["image"]), cast(Any, space["menu"])
        assert is_image_space_channels_first(image)
        self.detached, self.features = detached, widths[-1] + GLANCE[-1] * 16
        super().__init__(space, self.features + menu.n)
        layers: list[nn.Module] = []
        for before, after in pairwise((3, *widths)):
            size, stride = (5, 2) if before == 3 else (3, 1)
            layers += [nn.Conv2d(before, after, size, stride, padding=size // 2), nn.GroupNorm(8, after)]
            layers += [nn.ReLU(), nn.MaxPool2d(2)]
        layers[-1] = nn.AdaptiveMaxPool2d(1)
        self.layers = nn.Sequential(*layers, nn.Flatten())
        glance: list[nn.Module] = []  # not normalised: how bright a picture is, and how colourful, is part of its state
        for before, after in pairwise((3, *GLANCE)):
            glance += [nn.Conv2d(before, after, 5 if before == 3 else 3, 2, padding=1), nn.ReLU()]
        self.glance = nn.Sequential(*glance, nn.AdaptiveAvgPool2d(4), nn.Flatten())

    def forward(self, observations: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Both kinds of features and the menu side by side; pictures come as 0…1."""
        known, seen = self.look(observations["image"])
        return torch.cat([known.detach() if self.detached else known, seen, observations["menu"]], dim=1)

    def look(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The features that know things ``(N, widths[-1])``, and those of the glance."""
        shown = (2 * images - 1).contiguous(memory_format=torch.channels_last)
        return self.layers(shown), self.glance(shown)


class Scores(nn.Module):
    """One score per word: what its own vector and its kind's say to the picture.

    Args:
        features: How many features a picture has.
        kinds: For each word, the number of its kind.
    """

    kinds: torch.Tensor

    def __init__(self, features: int, kinds: Sequence[int]) -> None:
        super().__init__()
        self.words = nn.Linear(features, len(kinds))
        self.of_kinds = nn.Linear(features, max(kinds) + 1)
        for layer in (self.words, self.of_kinds):
            nn.init.orthogonal_(layer.weight, 0.01)
            nn.init.zeros_(layer.bias)
        self.not_on_offer = nn.Parameter(torch.tensor(NOT_ON_OFFER))
        self.register_buffer("kinds", torch.tensor(kinds), persistent=False)

    def forward(self, latent: torch.Tensor) -> torch.Tensor:
        """Scores ``(N, n)`` for what ``Sight`` gives."""
        features, menu = latent[:, : self.words.in_features], latent[:, self.words.in_features :]
        scores: torch.Tensor = self.words(features) + self.of_kinds(features)[:, self.kinds]
        scores = scores - self.not_on_offer * (1 - menu)
        return scores


class _OverMenus:
    """Puts ``Scores`` in the place of SB3's linear layer."""

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
            "features_extractor_kwargs": {"widths": self._widths, "detached": detached},
        }
        settings |= {"net_arch": {"pi": [], "vf": [128]}, "ortho_init": False}
        super().__init__(*args, **{**kwargs, **settings})

    def _build(self, lr_schedule: Any) -> None:
        super()._build(lr_schedule)  # type: ignore[misc]
        policy = cast(Any, self)
        policy.action_net = Scores(policy.features_extractor.features, self._kinds)
        policy.action_net.of_kinds.bias.data[INTERVENTION] = -self._reluctance
        policy.optimizer = policy.optimizer_class(policy.parameters(), lr=lr_schedule(1), **policy.optimizer_kwargs)

    def _get_constructor_parameters(self) -> dict[str, Any]:
        parameters: dict[str, Any] = super()._get_constructor_parameters()  # type: ignore[misc]
        for name in ("net_arch", "ortho_init", "features_extractor_class", "features_extractor_kwargs"):
            parameters.pop(name)
        return {**parameters, "kinds": self._kinds, "widths": self._widths, "reluctance": self._reluctance}


class MenuPolicy(_OverMenus, MultiInputActorCriticPolicy):
    """For SB3's PPO, which knows of no masks: what is not on offer only scores lower.

    Args:
        *args: As SB3 gives them.
        kinds: For each word of the vocabulary the number of its kind.
        widths: Channels of the convolutions.
        reluctance: How far interventions start below the others.
        detached: Whether the convolutions are left to a loss of their own.
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
    space = Dict({"image": Box(0, 255, (3, side, side), np.uint8), "menu": MultiBinary(len(vocabulary))})
    _, policy_class = ALGORITHMS[described["algorithm"]]
    policy = policy_class(space, Discrete(len(vocabulary)), lambda _: 0.0, kinds=kinds, widths=widths)
    policy.load_state_dict(weights)
    policy.set_training_mode(False)
    return LoadedPolicy(policy, vocabulary, int(side))
