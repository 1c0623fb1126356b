"""An environment that an OpenEnv server runs somewhere else: what goes over the wire, and the client.

::

    with ProactiveClient(base_url="http://127.0.0.1:8000").sync() as env:
        result = env.reset(seed=0)
        while not result.done:
            result = env.step(ProactiveAction(reply=model(result.observation.picture, result.observation.dialogue)))
"""

import base64
import binascii
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from openenv.core import EnvClient
from openenv.core.client_types import StepResult
from openenv.core.env_server.types import Action, Observation, State
from PIL import Image, UnidentifiedImageError
from pydantic import Field, StrictInt, StrictStr

from proactive_gym.errors import InputError


class ProactiveAction(Action):
    """The reply to the user: words, or with ``reply="choice"`` the number of an option on offer."""

    reply: StrictInt | StrictStr


class ProactiveObservation(Observation):
    """What the user shows and says, and Gymnasium's ``info``."""

    image: str = Field(description="The picture, to the bit: a PNG as a data URL.")
    dialogue: str = Field(description="The user's words: question, hint and lettered menu.")
    action_mask: list[int] = Field(description="The options on offer now, as 0 and 1.")
    info: dict[str, Any] = Field(description="As in Gymnasium: options, requests, outcome …; the answer at the end.")

    @property
    def picture(self) -> NDArray[np.uint8]:
        """The picture, uint8 ``(H, W, 3)``.

        Raises:
            InputError: If the server sent none.
        """
        try:
            encoded = base64.b64decode(self.image.partition(",")[2], validate=True)
            with Image.open(io.BytesIO(encoded), formats=["PNG"]) as image:
                return np.asarray(image.convert("RGB"))
        except (binascii.Error, UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
            raise InputError(f"The server sent {self.image[:40]!r}…, which is no PNG as a data URL.") from error


class ProactiveClient(EnvClient[ProactiveAction, ProactiveObservation, State]):
    """OpenEnv's client: ``reset(seed=…)``, ``reset(episode_id=…)``, ``step(ProactiveAction(reply=…))``, ``state()``."""

    def _step_payload(self, action: ProactiveAction) -> dict[str, Any]:
        return {"reply": action.reply}

    def _parse_result(self, payload: dict[str, Any]) -> StepResult[ProactiveObservation]:
        over = {"done": bool(payload.get("done")), "reward": payload.get("reward")}
        observation = ProactiveObservation.model_validate({**payload["observation"], **over})
        return StepResult(observation=observation, **over)

    def _parse_state(self, payload: dict[str, Any]) -> State:
        return State.model_validate(payload)
