"""Models behind a chat API: OpenAI's own, vLLM, SGLang, ``transformers serve`` and all that speak as they do."""

import json
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from threading import Lock
from typing import Any, TypeVar

from proactive_gym.agents.asking import Message, called, final, messages, tools
from proactive_gym.agents.base import Agent, Failure, Reaction, Reply, Turn
from proactive_gym.agents.endpoint import KEY, endpoint_of, key_for, library
from proactive_gym.agents.options import ModelOptions
from proactive_gym.agents.pace import Pace, at_once, pause
from proactive_gym.agents.wire import on_the_wire
from proactive_gym.errors import InputError

RETRIES = 4
"""How often the client tries again where that may help: after 0.5, 1, 2 … seconds, or when the endpoint says."""
LONGEST_REPLY = 100_000
"""Characters of a reply that are kept; an honest endpoint's reply is limited in tokens."""

_LONGEST_ERROR = 300
_ENCODED = re.compile(r"[A-Za-z0-9+/=\\]{60,}")
"""What can only be a picture that the endpoint sends back in its complaint."""
_OTHERWISE: Mapping[str, str | None] = {"max_tokens": "max_completion_tokens", "temperature": None, "seed": None}
"""Parameters that some endpoints refuse, with what to send instead."""
_REFUSES = re.compile("support|recogni|unknown|unexpected|extra|permitted|allowed|forbid", re.IGNORECASE)
_NO_EFFECT = ("base_url", "concurrency", "timeout")  # on what a model says; the endpoint is named apart

Item = TypeVar("Item", bound="Turn | list[Message]")
Taken = TypeVar("Taken", bound=Reaction)


def from_name(model: str, options: ModelOptions) -> Agent:
    """The agent called ``openai:MODEL``."""
    return ChatAgent(model, options)


class MalformedReply(Exception):
    """What the endpoint returned is no chat completion."""


class ChatAgent:
    """A model behind a chat API, asked for several replies at once.

    A request that fails for good is a failure of its turn alone; where none can succeed, because the server, the model
    or the key is missing, the first one raises. The key is read from the environment variable ``OPENAI_API_KEY``; a
    server on this machine needs none.

    Args:
        model: The model's name, as the endpoint calls it.
        options: How it is asked.

    Raises:
        InputError: If the client is not installed, the key is missing or ``options.base_url`` is no endpoint.
    """

    def __init__(self, model: str, options: ModelOptions | None = None) -> None:
        self.name = f"openai:{model}"
        self.options = options or ModelOptions()
        self._model = model
        self._endpoint, local = endpoint_of(self.options.base_url)
        self._openai = library()
        self._key = key_for(self._endpoint, local)
        self._pace = Pace(self.options.concurrency)
        self._spelt: dict[str, str | None] = {name: name for name in _OTHERWISE}
        self._answered = False
        self._counting = Lock()
        self._counts = dict.fromkeys(("requests", "sent", "failures", "prompt_tokens", "completion_tokens"), 0)
        self._client = self._openai.OpenAI(
            api_key=self._key,
            base_url=self._endpoint,
            max_retries=RETRIES,
            timeout=self._openai.Timeout(self.options.timeout, connect=min(self.options.timeout, 5.0)),
            http_client=self._openai.DefaultHttpxClient(
                event_hooks={"request": [self._note_sent], "response": [self._note_came]},
                trust_env=not local,  # no proxy stands between this machine and itself
            ),
        )

    @property
    def configuration(self) -> dict[str, Any]:
        """What decides the replies, for a run's configuration; the key is no part of it."""
        changed = {name: value for name, value in self.options.changed().items() if name not in _NO_EFFECT}
        client = f"openai {self._openai.__version__}"
        return {"model": self._model, "endpoint": self._endpoint, "client": client, **changed}

    @property
    def usage(self) -> dict[str, int | float]:
        """Replies asked for, requests sent again, replies that could not be had, tokens, and their cost, so far."""
        counts = dict(self._counts)
        retries = counts.pop("sent") - counts["requests"]
        usage: dict[str, int | float] = {"requests": counts["requests"], "retries": retries, **counts}
        return usage if self.options.price is None else {**usage, "cost": _cost(counts, self.options.price)}

    def check(self) -> None:
        """Ask for the list of models, which costs nothing.

        Raises:
            InputError: If no server answers, or if it refuses the key. A server that has no such list may be fine.
        """
        once = self._client.with_options(max_retries=0, timeout=min(self.options.timeout, 20.0))
        try:
            once.models.with_raw_response.list()
        except self._openai.OpenAIError as error:
            told = self._told(error)
            # Some keys may ask for completions, but not for the list.
            limited = re.search("permission|scope", told, re.IGNORECASE)
            if isinstance(error, self._openai.APIConnectionError) or (
                isinstance(error, self._openai.AuthenticationError) and not limited
            ):
                hopeless = self._hopeless(error)
                if hopeless is not None:
                    raise InputError(hopeless) from None  # the error's own text may hold the key

    def act(self, turns: Sequence[Turn]) -> list[Reaction]:
        """One reply per turn, in order.

        Raises:
            InputError: If the server, the model or the key is missing.
        """
        return self._each(self._reply, turns)

    def complete(self, conversations: Sequence[list[Message]]) -> list[str | Failure]:
        """What the model says next in each conversation.

        Raises:
            InputError: If the server, the model or the key is missing.
        """
        return self._each(self._next_words, conversations)

    def _next_words(self, conversation: list[Message]) -> str:
        return _words(self._said(conversation, self.options.length(speaks_freely=True)))

    def _reply(self, turn: Turn) -> Reaction:
        asking = self.options.asking
        offered = tools(turn) if asking.tools else []
        length = self.options.length(speaks_freely=not turn.options)
        said = self._said(messages(turn, asking), length, offered)
        chosen = _chosen(turn, said) if offered else None
        return final(_words(said), asking) if chosen is None else chosen

    # --- One request --------------------------------------------------------------------------------------------------

    def _said(self, conversation: list[Message], length: int, offered: Sequence[Any] = ()) -> Any:
        """The message the model goes on with."""
        asked = {"model": self._model, "messages": [on_the_wire(message) for message in conversation]}
        if offered:
            asked["tools"] = list(offered)
        limits = {"max_tokens": length, "temperature": self.options.temperature, "seed": self.options.seed}
        while True:
            spelt = dict(self._spelt)
            limited = {new: limits[name] for name, new in spelt.items() if new is not None}
            try:
                completion = self._client.chat.completions.create(**asked, **limited)
                break
            except (self._openai.BadRequestError, self._openai.UnprocessableEntityError) as error:
                self._do_without(_refused(error, spelt), error)
        try:
            said = completion.choices[0].message
        except (AttributeError, IndexError, KeyError, TypeError):
            said = None
        if not hasattr(said, "content"):
            raise MalformedReply(f"no chat completion, but {_begin(completion)}")
        self._answered = True
        self._note_tokens(getattr(completion, "usage", None))
        return said

    def _do_without(self, name: str | None, error: Exception) -> None:
        """From now on, send that parameter by its other name or not at all."""
        if name is None:
            raise error
        if name == "temperature" and self.options.cache is not None:
            raise InputError(
                f"{self.name} takes no temperature, so that its replies are not the same every time and cannot be "
                "kept; leave cache out."
            )
        if name == "temperature" and self._spelt[name] is not None:
            warnings.warn(
                f"{self.name} takes no temperature; how it draws its replies is its own choice.", stacklevel=2
            )
        self._spelt[name] = _OTHERWISE[name]

    def _tried(self, work: Callable[[Item], Taken], item: Item) -> Taken | Failure:
        """What comes of it; a failure where the endpoint failed."""
        self._count(requests=1)
        try:
            return work(item)
        except (self._openai.OpenAIError, MalformedReply, json.JSONDecodeError, UnicodeError, RecursionError) as error:
            if getattr(error, "code", None) in ("content_filter", "content_policy_violation"):
                return ""  # type: ignore[return-value]  # the endpoint keeps silent about it; nothing has failed
            hopeless = None if self._answered else self._hopeless(error)
            if hopeless is not None:
                raise InputError(hopeless) from None  # the error's own text may hold the key
            self._count(failures=1)
            return Failure(f"{type(error).__name__}: {self._told(error)}"[:_LONGEST_ERROR])

    def _hopeless(self, error: Exception) -> str | None:
        """Why no request can succeed, in one sentence; ``None`` if the next one may."""
        client, code, cause = self._openai, getattr(error, "code", None), type(error.__cause__).__name__
        said = self._told(error)[:_LONGEST_ERROR]
        if isinstance(error, client.AuthenticationError | client.PermissionDeniedError):
            return f"{self._endpoint} refuses the key; set the environment variable {KEY} to a valid one ({said})."
        if isinstance(error, client.NotFoundError) or code == "model_not_found":
            return f"There is no model {self._model!r} at {self._endpoint}; look at its name and at base_url ({said})."
        if isinstance(error, client.APIConnectionError) and cause in ("ConnectError", "ConnectTimeout"):
            return f"No server answers at {self._endpoint}; start it, or mend base_url ({said})."
        if code == "insufficient_quota":
            return f"The quota at {self._endpoint} is used up; raise it, or use another key ({said})."
        return None

    def _told(self, error: Exception) -> str:
        """What the error says, without the key and without pictures."""
        return _ENCODED.sub("…", " ".join(_text(error).split()).replace(self._key, "…"))

    # --- Many requests ------------------------------------------------------------------------------------------------

    def _each(self, work: Callable[[Item], Taken], items: Sequence[Item]) -> list[Taken | Failure]:
        """What comes of each, in order, several at once; the first alone until one has succeeded."""
        alone = [self._tried(work, item) for item in items[: 0 if self._answered else 1]]
        return [*alone, *at_once(partial(self._tried, work), items[len(alone) :], self._pace)]

    def _note_sent(self, request: Any) -> None:
        self._count(sent=request.method == "POST")
        request.extensions["round"] = self._pace.round

    def _note_came(self, response: Any) -> None:
        if response.status_code in (429, 503, 529):
            self._pace.slow_down(response.request.extensions["round"], pause(response.headers))
        elif response.is_success:
            self._pace.speed_up()

    def _note_tokens(self, usage: Any) -> None:
        tokens = {name: getattr(usage, name, None) for name in ("prompt_tokens", "completion_tokens")}
        self._count(**{name: number for name, number in tokens.items() if isinstance(number, int)})

    def _count(self, **more: int) -> None:
        with self._counting:
            for name, number in more.items():
                self._counts[name] += number


# --- What comes -------------------------------------------------------------------------------------------------------


def _words(said: Any) -> str:
    """What the model wrote: its text or its refusal, or nothing."""
    content = said.content or getattr(said, "refusal", None) or ""
    if isinstance(content, list):
        content = "".join([str(part.get("text") or "") for part in content if isinstance(part, dict)])
    return str(content)[:LONGEST_REPLY]


def _chosen(turn: Turn, said: Any) -> Reply | None:
    """The reply that the first tool called amounts to; ``None`` if none was called."""
    calls = getattr(said, "tool_calls", None)
    if not isinstance(calls, list) or not calls:
        return None
    function = getattr(calls[0], "function", None)
    name, arguments = str(getattr(function, "name", "")), getattr(function, "arguments", None) or {}
    try:
        parsed = json.loads(arguments) if isinstance(arguments, str) else arguments
    except (ValueError, RecursionError):
        parsed = None
    if isinstance(parsed, Mapping):
        return called(turn, name, parsed)
    return f"{name}({arguments})"[:LONGEST_REPLY]


def _refused(error: Any, spelt: Mapping[str, str | None]) -> str | None:
    """The parameter that the endpoint does not know, of those that can be sent otherwise."""
    told, named = _text(error), getattr(error, "param", None)
    for name in _OTHERWISE:
        meant = named == name if isinstance(named, str) and named else re.search(rf"\b{name}\b", told)
        if spelt[name] == name and meant and _REFUSES.search(told):
            return name
    return None


def _text(error: BaseException) -> str:
    """What the error says, with the server's words where the client leaves them out, and with its cause."""
    body, cause = getattr(error, "body", None), error.__cause__
    told = isinstance(body, dict) and isinstance(body.get("message"), str)
    more = [f" - {body}"] if body and not told else []
    return "".join([str(error), *more, f" ({type(cause).__name__}: {cause})" if cause else ""])


def _cost(tokens: Mapping[str, int], price: tuple[float, float]) -> float:
    prompt, completion = price
    return round((tokens["prompt_tokens"] * prompt + tokens["completion_tokens"] * completion) / 1e6, 6)


def _begin(value: object) -> str:
    text = value if isinstance(value, str) else type(value).__name__
    return repr(text[:80])
