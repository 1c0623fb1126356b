"""What can be set about an agent of a language model."""

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, get_args

from proactive_gym.agents.asking import Asking
from proactive_gym.errors import InputError, check_choice, check_whole

Decide = Literal["generate", "letter"]


@dataclass(frozen=True)
class ModelOptions:
    """Settings of model agents; those that an agent has no use for leave it as it is.

    Attributes:
        asking: How a turn is put to the model.
        decide: ``"generate"``: the model writes a reply, which is read; ``"letter"``: one pass, the letter that is the
            likeliest next is taken (``hf:`` only).
        max_new_tokens: The longest reply; by default 50 as in the benchmark, 1024 where the model thinks aloud or
            speaks freely.
        temperature: 0 for the likeliest reply, greater for sampled ones.
        seed: Of sampled replies.
        dtype: Of the weights: ``"auto"``, ``"float32"``, ``"bfloat16"`` or ``"float16"`` (``hf:``).
        device: A torch device; the fastest there is if ``None`` (``hf:``).
        device_map: As in transformers, ``"auto"`` for several devices; excludes ``device`` (``hf:``).
        attention: Implementation of attention, as in transformers (``hf:``).
        adapter: Folder or hub id of a LoRA adapter (``hf:``).
        trust_remote_code: Whether code that comes with a checkpoint may run (``hf:``).
        base_url: The endpoint, ``https://api.openai.com/v1`` by default (``openai:``).
        concurrency: The most requests under way at once (``openai:``).
        timeout: Seconds after which a request is given up (``openai:``).
        price: Of a million prompt tokens and of a million completion tokens, in any currency, to reckon what a run
            costs (``openai:``). Nothing is known of prices here, nor of discounts.
        cache: A folder in which replies are kept that are the same every time, or ``None``.

    Raises:
        InputError: If a value is impossible.
    """

    asking: Asking = field(default_factory=Asking)
    decide: Decide = "generate"
    max_new_tokens: int | None = None
    temperature: float = 0.0
    seed: int = 0
    dtype: str = "auto"
    device: str | None = None
    device_map: str | None = None
    attention: str | None = None
    adapter: str | None = None
    trust_remote_code: bool = False
    base_url: str | None = None
    concurrency: int = 8
    timeout: float = 120.0
    price: tuple[float, float] | None = None
    cache: str | None = None

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        check_choice("decide", self.decide, get_args(Decide))
        check_choice("dtype", self.dtype, ("auto", "float32", "bfloat16", "float16"))
        if self.max_new_tokens is not None:
            check_whole("max_new_tokens", self.max_new_tokens, 1)
        check_whole("concurrency", self.concurrency, 1)
        check_whole("seed", self.seed, 0)
        for name, low in (("temperature", 0.0), ("timeout", 0.001)):
            if not _is_number(getattr(self, name), low):
                raise InputError(f"{name} is {getattr(self, name)!r}, but must be a number of at least {low:g}.")
        if self.price is not None and not (len(self.price) == 2 and all(_is_number(part, 0.0) for part in self.price)):
            raise InputError(f"price is {self.price!r}, but must be two numbers: of prompts and of completions.")
        if self.device is not None and self.device_map is not None:
            raise InputError(
                f"device is {self.device!r} and device_map {self.device_map!r}, but only one of them can say where the "
                "weights go."
            )
        if self.decide == "letter" and self.asking.thought:
            raise InputError("decide='letter' takes the first token for the reply, so that thought=True has no place.")

    def length(self, speaks_freely: bool) -> int:
        """The longest reply in tokens."""
        if self.max_new_tokens is not None:
            return self.max_new_tokens
        return 1024 if speaks_freely or self.asking.thought else 50

    def for_judging(self, longest: int) -> "ModelOptions":
        """Those of a judge in the same place: endpoint, devices, limits and cache, but nothing of how turns are asked.

        Args:
            longest: The most tokens that it may think and say.
        """
        there = replace(self, asking=Asking(), decide="generate", adapter=None, price=None)
        return replace(there, max_new_tokens=longest, temperature=0.0, seed=0)

    def changed(self) -> dict[str, Any]:
        """The settings that are not the default, for a run's configuration, without those that decide no reply."""
        plain = ModelOptions()
        apart = ("asking", "cache", "price")
        named = {item.name: getattr(self, item.name) for item in fields(self) if item.name not in apart}
        changed = {name: value for name, value in named.items() if value != getattr(plain, name)}
        usual = asdict(plain.asking)
        asking = {name: value for name, value in asdict(self.asking).items() if value != usual[name]}
        return changed | asking


@dataclass(frozen=True)
class ModelSpec:
    """A model that has settings of its own, before it is made: each process can make it for itself.

    Attributes:
        name: The agent's name, ``"openai:MODEL"`` say.
        options: Its settings.
    """

    name: str
    options: ModelOptions


def _is_number(value: object, low: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value < float("inf")
