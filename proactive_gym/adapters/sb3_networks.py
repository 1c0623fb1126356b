"""What a policy over menus is made of: sight, which knows things and glances at the whole, and scores for the menu.

What a picture shows and whether to ask are apart. Sight tells how likely each answer on the menu is; the scores of
interventions are found from how sure of that it is, from a glance at the state of the picture, and from what was done
last. An answer that stands out scores high, and none of several that are alike does, so that asking is tried first
where the picture does not suffice.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, cast

import torch
from gymnasium.spaces import Dict
from stable_baselines3.common.preprocessing import is_image_space_channels_first
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import nn

from proactive_gym.errors import InputError

GIVING_UP, INTERVENTION, ANSWER = range(3)
"""Kinds of words."""
WIDTHS = (24, 48, 96, 192)
GLANCE = (24, 32, 24)
"""Channels of the convolutions that take in the whole."""
HIDDEN = 128
"""Features that the scores of interventions are made of, and as many that the value is made of."""
SURE = 3
"""Numbers that say how sure of an answer it is."""
LOUD = 8.0
"""By how much the few features that say how sure it is, and what was done last, are raised above the many others."""
SHARPNESS = 3.0
"""By how much it counts at first that an answer is unlikely: of four alike none stands high, one alone does."""
NOT_ON_OFFER = 8.0
"""How far words that are not on offer start below the others; learnt, like all else, where no mask forbids them."""
_NEVER = -1e9


class Sight(BaseFeaturesExtractor):
    """What is on the picture, what state it is in, what was done last, and the menu.

    What is on it is known by its most striking features, wherever they are. The state is a glance at the whole, by
    place: what hides the thing, how the picture is damaged, on which side there is more to see.

    Args:
        space: Of ``EncodedMenu`` with ``last=True``, pictures turned to channels first as SB3 does.
        kinds: For each word of the menu, the number of its kind.
        widths: Channels of the convolutions that know things.
        detached: Whether these and the names are left alone by whatever learns from ``forward``.

    Raises:
        InputError: If the space lacks what was done last.
    """

    answers: torch.Tensor

    def __init__(
        self, space: Dict, kinds: Sequence[int], widths: Sequence[int] = WIDTHS, detached: bool = False
    ) -> None:
        if "last" not in space.spaces:
            raise InputError(
                f"The observations have {sorted(space)}, but must have 'last' too: EncodedMenu(…, last=True)."
            )
        image, words = cast(Any, space["image"]), len(kinds)
        assert is_image_space_channels_first(image)
        self.detached, self.plain = detached, widths[-1] + GLANCE[-1] * 16 + SURE + words
        super().__init__(space, self.plain + 2 * words)
        layers: list[nn.Module] = []
        for before, after in pairwise((3, *widths)):
            size, stride = (5, 2) if before == 3 else (3, 1)
            layers += [nn.Conv2d(before, after, size, stride, padding=size // 2), nn.GroupNorm(8, after)]
            layers += [nn.ReLU(), nn.MaxPool2d(2)]
        layers[-1] = nn.AdaptiveMaxPool2d(1)
        self.layers = nn.Sequential(*layers, nn.Flatten())
        self.names = nn.Linear(widths[-1], words)
        glance: list[nn.Module] = []  # not normalised on the way: brightness and colour are part of a picture's state
        for before, after in pairwise((3, *GLANCE)):
            glance += [nn.Conv2d(before, after, 5 if before == 3 else 3, 2, padding=1), nn.ReLU()]
        # What is seen at a glance counts alike: with noise's far larger features, asking would be ruled out before it
        # was ever tried.
        self.glance = nn.Sequential(*glance, nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.LayerNorm(GLANCE[-1] * 16))
        self.register_buffer("answers", torch.tensor(kinds) == ANSWER, persistent=False)

    def forward(self, observations: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Side by side what ``Scores`` takes apart: plain features, how likely answers are, the menu."""
        images, menu = observations["image"], observations["menu"]
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.detached):
            known = self.layers(_shown(images))
            likely = self._among(self.names(known), menu)
        seen = self.glance(_shown(images))
        told = LOUD * torch.cat([self._sure(likely, menu), observations["last"]], dim=1)
        return torch.cat([known, seen, told, likely, menu], dim=1)

    def named(self, images: torch.Tensor) -> torch.Tensor:
        """Scores of all answers there are, ``(N, n)``, whatever the menu; pictures come as 0…1."""
        scores: torch.Tensor = self.names(self.layers(_shown(images)))
        return scores.masked_fill(~self.answers, _NEVER)

    def _among(self, scores: torch.Tensor, menu: torch.Tensor) -> torch.Tensor:
        """Logarithms of how likely answers are, were it one of the menu's; 0 for what is no answer."""
        offered = scores.masked_fill(~self._offered(menu), _NEVER)
        return (scores - offered.logsumexp(dim=1, keepdim=True)) * self.answers

    def _sure(self, likely: torch.Tensor, menu: torch.Tensor) -> torch.Tensor:
        """How likely the likeliest answer is, how far it is ahead, and how open it is between all."""
        chances = likely.exp() * self._offered(menu)
        first, second = chances.topk(2, dim=1).values.T
        return torch.stack([first, first - second, -(chances * likely).sum(dim=1)], dim=1)

    def _offered(self, menu: torch.Tensor) -> torch.Tensor:
        return self.answers & (menu > 0)


def _shown(images: torch.Tensor) -> torch.Tensor:
    return (2 * images - 1).contiguous(memory_format=torch.channels_last)


class Scores(nn.Module):
    """One score per word: an answer's is how likely it is, an intervention's is learnt, beside one for its kind.

    The score that all interventions share is what carries over to those that were never trained on, and so does the one
    for doing again what was done last.

    Args:
        plain: How many plain features there are; the last of them say what was done last.
        kinds: For each word, the number of its kind.
        reluctance: How far interventions and giving up start below the others.
    """

    kinds: torch.Tensor

    def __init__(self, plain: int, kinds: Sequence[int], reluctance: float = 0.0) -> None:
        super().__init__()
        self.plain = plain
        self.hidden = nn.Linear(plain, HIDDEN)
        self.own = nn.Linear(HIDDEN, len(kinds))
        self.of_kinds = nn.Linear(HIDDEN, ANSWER + 1)
        self.again = nn.Linear(HIDDEN, 1)
        for layer in (self.own, self.of_kinds, self.again):
            nn.init.orthogonal_(layer.weight, 0.01)
            nn.init.zeros_(layer.bias)
        self.of_kinds.bias.data[[GIVING_UP, INTERVENTION]] = -reluctance
        self.sharpness = nn.Parameter(torch.tensor(SHARPNESS))
        self.not_on_offer = nn.Parameter(torch.tensor(NOT_ON_OFFER))
        self.register_buffer("kinds", torch.tensor(kinds), persistent=False)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Scores ``(N, n)`` for what ``Sight`` gives."""
        plain, likely, menu = features.tensor_split([self.plain, self.plain + len(self.kinds)], dim=1)
        hidden = self.hidden(plain).relu()
        last = plain[:, -len(self.kinds) :] / LOUD
        done = self.own(hidden) + self.again(hidden) * last
        scores = torch.where(self.kinds == ANSWER, self.sharpness * likely, done)
        together: torch.Tensor = scores + self.of_kinds(hidden)[:, self.kinds]
        return together - self.not_on_offer * (1 - menu)


class Paths(nn.Module):
    """What scores and value are made of, where SB3 has its layers between the features and those two.

    Args:
        features: How many features there are.
        plain: How many of them are plain, all that the value needs.
    """

    def __init__(self, features: int, plain: int) -> None:
        super().__init__()
        self.plain, self.latent_dim_pi, self.latent_dim_vf = plain, features, HIDDEN
        self.value = nn.Sequential(nn.Linear(plain, HIDDEN), nn.Tanh())

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Both."""
        return self.forward_actor(features), self.forward_critic(features)

    def forward_actor(self, features: torch.Tensor) -> torch.Tensor:
        """All features as they are."""
        return features

    def forward_critic(self, features: torch.Tensor) -> torch.Tensor:
        """What the value is made of."""
        made: torch.Tensor = self.value(features[:, : self.plain])
        return made
