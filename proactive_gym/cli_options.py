"""Options of the command line that are keyword arguments elsewhere: of the environments, of models."""

import argparse
from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proactive_gym.agents import ModelOptions

SETTING = (
    *("source", "data_dir", "split", "image_size", "reply", "reading", "menu_order", "interventions"),
    *("control", "wording", "budget", "hint", "clear", "single_turn"),
)


def add_environment_options(parser: argparse.ArgumentParser) -> None:
    """What ``setting_of`` reads."""
    options = parser.add_argument_group("setting", "keyword arguments of the environments")
    options.add_argument(
        "--source", help="where episodes come from: scenes (default), proactivebench, or that of an installed package"
    )
    options.add_argument("--data-dir", help="folder of the source's files, if it reads any")
    options.add_argument("--split", help="scenes: train, validation, test (default); proactivebench: filtered, all")
    options.add_argument("--image-size", type=int, help="side of the picture in pixels")
    options.add_argument("--reply", help="choice, text or open")
    options.add_argument("--reading", help="lenient or strict")
    options.add_argument("--menu-order", help="shuffled or benchmark")
    options.add_argument("--interventions", help="valid or foreign")
    options.add_argument("--control", help="sufficient, unhelpful or mixed")
    options.add_argument("--wording", help="the user's fixed sentences: own, official, or a TOML file")
    options.add_argument("--budget", type=int, help="most requests allowed")
    options.add_argument("--hint", action="store_true", default=None, help="add the scenario's hint to the question")
    options.add_argument("--clear", action="store_true", default=None, help="the reference setting")
    options.add_argument("--single-turn", action="store_true", default=None, help="episodes end after the first reply")


def setting_of(parsed: argparse.Namespace) -> dict[str, Any]:
    """Keyword arguments of the environments, those that were given."""
    return {name: getattr(parsed, name) for name in SETTING if getattr(parsed, name) is not None}


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """What ``options_of`` reads."""
    asking = parser.add_argument_group("asking", "how a turn is put to a model (hf:, openai:)")
    asking.add_argument("--history", help="remind it of earlier turns: none (default), text or images")
    asking.add_argument("--history-turns", type=int, help="the most earlier turns (default: 16)")
    asking.add_argument("--history-images", type=int, help="the most earlier pictures (default: 4)")
    asking.add_argument("--shots", type=int, default=0, help="worked examples before each turn (default: 0)")
    asking.add_argument("--thought", action="store_true", default=None, help="let it think aloud first")
    asking.add_argument("--tools", action="store_true", default=None, help="offer the options as tools, too")
    asking.add_argument("--system", help="what the system says first")
    model = parser.add_argument_group("model", "hf: and openai:")
    model.add_argument("--decide", help="generate (default) or letter (hf:)")
    model.add_argument("--max-new-tokens", type=int, help="the longest reply (default: 50; 1024 if it thinks aloud)")
    model.add_argument("--temperature", type=float, help="0 (default) for the likeliest reply")
    model.add_argument("--sampling-seed", dest="model_seed", type=int, help="of sampled replies")
    model.add_argument("--dtype", help="auto (default), float32, bfloat16, float16 (hf:)")
    model.add_argument("--device", help="torch device (hf:)")
    model.add_argument("--device-map", help="as in transformers, for several devices (hf:)")
    model.add_argument("--attention", help="implementation of attention, as in transformers (hf:)")
    model.add_argument("--adapter", help="folder or hub id of a LoRA adapter (hf:)")
    model.add_argument(
        "--trust-remote-code", action="store_true", default=None, help="let a checkpoint's code run (hf:)"
    )
    model.add_argument("--base-url", help="the endpoint (openai:); its key is read from OPENAI_API_KEY")
    model.add_argument("--concurrency", type=int, help="most requests under way (default: 8; openai:)")
    model.add_argument("--timeout", type=float, help="seconds for a request (default: 120; openai:)")
    model.add_argument("--cache", metavar="DIR", help="keep replies that are the same every time")


def options_of(parsed: argparse.Namespace) -> "ModelOptions":
    """The model's settings.

    Raises:
        InputError: If one is impossible.
    """
    from proactive_gym.agents import ModelOptions
    from proactive_gym.agents.asking import Asking

    given = {**vars(parsed), "seed": parsed.model_seed}
    asking = {item.name: given[item.name] for item in fields(Asking) if given[item.name] is not None}
    model = {item.name: given.get(item.name) for item in fields(ModelOptions)}
    return ModelOptions(asking=Asking(**asking), **{name: value for name, value in model.items() if value is not None})
