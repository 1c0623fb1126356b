"""Loading a checkpoint of transformers: its weights and its processor, or one sentence that says what is missing."""

import hashlib
import os
import re
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import torch
import transformers

from proactive_gym.agents.options import ModelOptions
from proactive_gym.agents.presets import Checkpoint
from proactive_gym.errors import InputError, one_line

_ADAPTER = ("adapter_config.json", "adapter_model.safetensors")
_PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt")
_DECISIVE = ("*.json", "*.jinja", "*.txt", "*.model", "*.safetensors", "*.py")
"""Files of a checkpoint that can change what it says."""
_POINTER = b"version https://git-lfs"
_OPTIONAL = ("torchvision", "num2words")
"""Packages without which some families' processors cannot be made."""
_READ_WHOLE = 2**26
_SAMPLES, _SAMPLE = 256, 4096
_LONGEST_CAUSE = 240


class Loaded(NamedTuple):
    """A checkpoint, ready for use.

    Attributes:
        name: What it is called, with its adapter.
        model: The weights.
        processor: What turns words and pictures into its input.
        described: What decides its replies, for a run's configuration.
    """

    name: str
    model: Any
    processor: Any
    described: dict[str, Any]


def load(checkpoint: Checkpoint, options: ModelOptions) -> Loaded:
    """The checkpoint as the options want it.

    No code of the checkpoint's own runs unless ``options.trust_remote_code``, and nothing is unpickled.

    Raises:
        InputError: If it is not there, cannot be loaded, or cannot take pictures.
    """
    if checkpoint.is_folder:
        _check_folder(Path(checkpoint.place))
    device = _device(options)
    _check_packages(checkpoint, options)
    where = {"revision": checkpoint.revision, "trust_remote_code": options.trust_remote_code}
    with _told(checkpoint, options):
        config = transformers.AutoConfig.from_pretrained(checkpoint.place, **where)
        _check_sees(checkpoint, config, options)
        processor = transformers.AutoProcessor.from_pretrained(checkpoint.place, **where)
        _check_processor(checkpoint, processor)
        model, found = _kind(config).from_pretrained(
            checkpoint.place,
            **where,
            **_settings(options),
            config=config,
            use_safetensors=True,
            output_loading_info=True,
        )
        _warn_of_gaps(checkpoint, found["missing_keys"])
        folder = _folder_of(checkpoint.place, checkpoint.revision)
        adapters = [_adapter(model, place, options) for place in _adapters(checkpoint, folder, options)]
        model = model.eval() if device is None else model.to(device).eval()
    name = "+".join([checkpoint.name, *[adapter["name"] for adapter in adapters]])
    changed = {key: value for key, value in options.changed().items() if key not in ("adapter", "attention")}
    described = {
        "checkpoint": checkpoint.name,
        "files": fingerprint(folder),
        "commit": transformers.utils.hub.extract_commit_hash(str(folder / "config.json"), None),
        "adapters": adapters,
        "precision": str(model.dtype).removeprefix("torch."),
        "attention": model.config._attn_implementation,
        "image_processor": type(processor.image_processor).__name__,
        "transformers": transformers.__version__,
        "torch": str(torch.__version__),
        **changed,
    }
    return Loaded(name, model, processor, described)


def _settings(options: ModelOptions) -> dict[str, Any]:
    settings = {"dtype": options.dtype, "device_map": options.device_map, "attn_implementation": options.attention}
    return {name: value for name, value in settings.items() if value is not None}


# --- What is there ----------------------------------------------------------------------------------------------------


def _check_folder(folder: Path) -> None:
    there = {path.name for path in folder.iterdir()}
    if "config.json" not in there:
        if "adapter_config.json" in there:
            raise InputError(f"{folder} holds an adapter only; name its base model, and give the folder as adapter=….")
        raise InputError(f"{folder} holds no checkpoint: config.json is missing; give the folder of a model.")
    weights = sorted(folder.glob("*.safetensors"))
    for path in weights:
        with path.open("rb") as content:
            if content.read(len(_POINTER)) == _POINTER:
                raise InputError(
                    f"{path} is a pointer that git left in place of the weights; run `git lfs pull` there."
                )
    if weights:
        return
    pickled = sorted(path.name for pattern in _PICKLED for path in folder.glob(pattern))
    if pickled:
        raise InputError(
            f"{folder} holds pickled weights only ({pickled[0]}), which can run code when they are read; save them "
            "with save_pretrained, as *.safetensors."
        )
    raise InputError(f"{folder} holds no weights: there is no *.safetensors; give the folder of a model.")


def _check_sees(checkpoint: Checkpoint, config: Any, options: ModelOptions) -> None:
    remote = "AutoModelForImageTextToText" in (getattr(config, "auto_map", None) or {})
    known = (transformers.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING, transformers.MODEL_FOR_MULTIMODAL_LM_MAPPING)
    if any(type(config) in kinds for kinds in known) or (remote and options.trust_remote_code):
        return
    raise InputError(
        f"{checkpoint.name!r} is of the kind {config.model_type!r}, which does not turn pictures and words into words "
        "in transformers; give a vision-language model such as 'qwen2.5-vl-3b'."
    )


def _kind(config: Any) -> Any:
    """The class that loads it; those that hear as well, like Phi-4-multimodal, have one of their own."""
    hears = type(config) in transformers.MODEL_FOR_MULTIMODAL_LM_MAPPING
    sees = type(config) in transformers.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING
    return transformers.AutoModelForMultimodalLM if hears and not sees else transformers.AutoModelForImageTextToText


def _check_processor(checkpoint: Checkpoint, processor: Any) -> None:
    if getattr(processor, "image_processor", None) is None or getattr(processor, "tokenizer", None) is None:
        raise InputError(
            f"The processor of {checkpoint.name!r} ({type(processor).__name__}) takes no pictures; put the model's own "
            "processor files (preprocessor_config.json or processor_config.json) beside its weights."
        )


def _warn_of_gaps(checkpoint: Checkpoint, missing: Collection[str]) -> None:
    if missing:
        warnings.warn(
            f"{checkpoint.name}: {len(missing)} of its weights are not in its files and are random now, "
            f"{min(missing)!r} for one.",
            stacklevel=2,
        )


def _folder_of(place: str, revision: str | None) -> Path:
    """The folder itself, or that in which the hub's files are kept on this machine."""
    found = transformers.utils.cached_file(place, "config.json", revision=revision)
    return Path(found).parent


def _device(options: ModelOptions) -> torch.device | None:
    """Where the weights go; ``None`` if the device map says so."""
    if options.device_map is not None:
        return None
    fastest = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(options.device or fastest)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise InputError(
            f"device is {options.device!r}, which torch {torch.__version__} cannot use here "
            f"({_begin(error)}); {fastest!r} is there."
        ) from error
    return device


def _check_packages(checkpoint: Checkpoint, options: ModelOptions) -> None:
    adapter = options.adapter or checkpoint.adapter
    needs = {"accelerate": ("device_map", options.device_map), "peft": ("adapter", adapter)}
    for package, (need, value) in needs.items():
        if value is not None and find_spec(package) is None:
            raise InputError(
                f"{need}={value!r} needs the package {package}; install it with pip install 'proactive-gym[mllm]'."
            )


# --- Adapters ---------------------------------------------------------------------------------------------------------


def _adapters(checkpoint: Checkpoint, folder: Path, options: ModelOptions) -> list[str]:
    """Where the adapters are: the one that the checkpoint needs, the one that is asked for."""
    own = []
    if checkpoint.adapter:
        for file in _ADAPTER:
            transformers.utils.cached_file(
                checkpoint.place, file, revision=checkpoint.revision, subfolder=checkpoint.adapter
            )
        own.append(str(folder / checkpoint.adapter))
    return [*own, *([options.adapter] if options.adapter else [])]


def _adapter(model: Any, place: str, options: ModelOptions) -> dict[str, str]:
    """Put the adapter on the model, and say what it is."""
    given = Path(place).expanduser()
    try:
        files = [transformers.utils.cached_file(str(given) if given.is_dir() else place, file) for file in _ADAPTER]
    except (OSError, ValueError) as error:
        raise InputError(
            f"The adapter {place!r} cannot be had: {' and '.join(_ADAPTER)} are neither in a folder of that name nor "
            f"on the hub ({_begin(error)})."
        ) from error
    folder = Path(files[0]).parent
    name = given.resolve().name if given.is_dir() else place
    try:
        loaded = model.load_adapter(str(folder), adapter_name=f"adapter_{len(getattr(model, 'peft_config', {}))}")
        if loaded.unexpected_keys:
            raise ValueError(f"there is no place for {len(loaded.unexpected_keys)} of its weights")
    except (RuntimeError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"The adapter {place!r} does not fit the model ({_begin(error)}); name the model it was trained on."
        ) from error
    return {"name": name, "files": fingerprint(folder)}


# --- What goes wrong --------------------------------------------------------------------------------------------------


@contextmanager
def _told(checkpoint: Checkpoint, options: ModelOptions) -> Iterator[None]:
    """Say in one sentence why a checkpoint cannot be loaded."""
    try:
        yield
    except InputError:
        raise
    except ImportError as error:
        raise InputError(_missing(checkpoint, options, error)) from error
    except Exception as error:  # of many kinds, and none of them has to do with an episode
        raise InputError(_reason(checkpoint, options, error)) from error


def _missing(checkpoint: Checkpoint, options: ModelOptions, error: ImportError) -> str:
    text = str(error).lower()
    if options.attention and options.attention.split("_")[0] in text:
        return f"attention is {options.attention!r}, which is not installed ({_begin(error)}); leave it out."
    if "torchvision" in text or "num2words" in text:
        return _without_extra(checkpoint)
    return f"{checkpoint.name!r} needs a package that is not installed ({_begin(error)}); install it."


def _without_extra(checkpoint: Checkpoint) -> str:
    missing = [package for package in _OPTIONAL if find_spec(package) is None]
    return (
        f"The processor of {checkpoint.name!r} needs packages that are not installed ({', '.join(missing)}); install "
        "them with pip install 'proactive-gym[mllm]'."
    )


def _reason(checkpoint: Checkpoint, options: ModelOptions, error: Exception) -> str:
    text = str(error)
    if "trust_remote_code" in text:
        return (
            f"{checkpoint.name!r} comes with code of its own, which is not run; if you trust it, set "
            "trust_remote_code=True, or choose a model that transformers has."
        )
    if not checkpoint.is_folder and re.search("gated repo|401 Client Error|401 Unauthorized|restricted", text):
        return f"The hub gives {checkpoint.name!r} to those it knows only; ask for access there, and `hf auth login`."
    if not checkpoint.is_folder and ("connect" in text or "offline" in text.lower() or "not a valid model" in text):
        return (
            f"{checkpoint.name!r} is neither a folder here nor in the cache, and not to be had from the hub "
            f"(HF_HUB_OFFLINE={os.environ.get('HF_HUB_OFFLINE', '')!r}); mend the name, go online, or give its folder."
        )
    if "safetensors" in text and not checkpoint.is_folder:
        return f"{checkpoint.name!r} has no *.safetensors, and pickled weights are not read; choose another revision."
    if "attn_implementation" in text or "attention implementation" in text.lower():
        told = f"attention is {options.attention!r}, which {checkpoint.name!r} does not have"
        return f"{told} ({_begin(error)}); leave it out."
    if "image processor" in text:
        return (
            f"{checkpoint.name!r} has no processor for pictures; put the model's own processor files "
            "(preprocessor_config.json or processor_config.json) beside its weights."
        )
    if "video processor" in text and find_spec("torchvision") is None:
        return _without_extra(checkpoint)
    if is_memory(error):
        return (
            f"{checkpoint.name!r} does not fit into memory; set dtype='bfloat16', spread it with device_map='auto', or "
            "choose a smaller model."
        )
    return f"{checkpoint.name!r} cannot be loaded; look at its files ({type(error).__name__}: {_begin(error)})."


def is_memory(error: BaseException) -> bool:
    """Whether there was too little memory, on whichever device."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(
        said in str(error).lower() for said in ("out of memory", "can't allocate memory", "alloc_failed")
    )


def _begin(error: BaseException) -> str:
    text = one_line(error).rstrip(".")
    return text if len(text) <= _LONGEST_CAUSE else f"{text[: _LONGEST_CAUSE - 1]}…"


# --- Which files ------------------------------------------------------------------------------------------------------


def fingerprint(folder: Path) -> str:
    """SHA-256 of the files that decide what a model says; of large ones, their size, both ends and samples between."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in _DECISIVE for path in folder.glob(pattern)}):
        size = path.stat().st_size
        digest.update(f"{path.name}\0{size}\0".encode())
        with path.open("rb") as content:
            if size <= _READ_WHOLE:
                digest.update(content.read())
                continue
            for sample in range(_SAMPLES):
                content.seek((size - _SAMPLE) * sample // (_SAMPLES - 1))
                digest.update(content.read(_SAMPLE))
    return digest.hexdigest()
