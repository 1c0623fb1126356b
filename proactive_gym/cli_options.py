"""Options of the command line that are keyword arguments elsewhere: of runs, of the environments, of models."""

import argparse
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from proactive_gym.errors import InputError

if TYPE_CHECKING:
    from proactive_gym.agents import ModelOptions
    from proactive_gym.evaluation.workers import Workers

SETTING = (
    *("source", "data_dir", "split", "image_size", "reply", "reading", "menu_order", "interventions"),
    *("control", "wording", "budget", "hint", "clear", "single_turn", "user", "phrasing", "decoys", "skip_bad"),
)


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """What ``arguments_of`` reads, and ``--out``."""
    run = parser.add_argument_group("run")
    run.add_argument(
        "--agent",
        action="append",
        required=True,
        metavar="A",
        help="a name of `proactive-gym list`, hf:MODEL, openai:MODEL, replay:DIR or module.path:Class; repeats",
    )
    run.add_argument(
        "--env", action="append", metavar="ID", help="id, or all (default) that the source can drive; repeats"
    )
    run.add_argument(
        "--episodes",
        type=int,
        metavar="N",
        help="per agent, environment and seed (default: all of a source with an end, else 200)",
    )
    run.add_argument("--seed", action="append", type=int, help="other seeds play other episodes (default: 0); repeats")
    run.add_argument("--only", metavar="FILE", help="play the episodes that `proactive-gym filter` kept")
    run.add_argument("--num-envs", type=int, default=32, metavar="N", help="conversations open at once (default: 32)")
    run.add_argument("--out", required=True, metavar="DIR", help="folder for the run")
    add_worker_options(parser)
    add_environment_options(parser)
    add_model_options(parser)
    add_judge_options(parser)


def arguments_of(parsed: argparse.Namespace) -> dict[str, Any]:
    """The arguments of ``proactive_gym.evaluate``, but for the folder.

    Raises:
        InputError: If one is impossible.
    """
    options = options_of(parsed)
    return {
        "agents": parsed.agent,
        "envs": _envs(parsed.env or ["all"]),
        "episodes": parsed.episodes,
        "num_envs": parsed.num_envs,
        "seed": parsed.seed or 0,
        "shots": parsed.shots or 0,
        "only": parsed.only,
        "judge": judge_of(parsed, options),
        "options": options,
        "workers": workers_of(parsed),
        **setting_of(parsed),
    }


def add_worker_options(parser: argparse.ArgumentParser) -> None:
    """What ``workers_of`` reads."""
    workers = parser.add_argument_group("workers", "processes that share out the episodes (docs/scale.md)")
    workers.add_argument(
        "--num-workers", type=int, metavar="K", help="of this machine, or of the cluster (default: none, or all it has)"
    )
    workers.add_argument("--ray", action="store_true", help="actors of the Ray cluster at RAY_ADDRESS, or of a new one")
    workers.add_argument("--gpus-per-worker", type=float, default=0, metavar="G", help="with --ray (default: 0)")


def workers_of(parsed: argparse.Namespace) -> "Workers | None":
    """Who shares out the episodes; ``None`` for this process alone.

    Raises:
        InputError: If that cannot be.
    """
    from proactive_gym.evaluation.workers import Workers

    if parsed.num_workers is None and not parsed.ray and not parsed.gpus_per_worker:
        return None
    if not parsed.ray and parsed.gpus_per_worker:
        raise InputError(f"--gpus-per-worker is {parsed.gpus_per_worker:g}, but without --ray no worker has its own.")
    return Workers(parsed.num_workers, parsed.ray, parsed.gpus_per_worker)


def _envs(names: list[str]) -> str | list[str]:
    """The ids; ``"all"`` alone stays, for those are all that the source has pictures for."""
    from proactive_gym.evaluation import SCENARIO_IDS

    if names == ["all"]:
        return "all"
    return [env for name in names for env in (SCENARIO_IDS if name == "all" else [name])]


def add_environment_options(parser: argparse.ArgumentParser) -> None:
    """What ``setting_of`` reads."""
    options = parser.add_argument_group("setting", "keyword arguments of the environments")
    options.add_argument(
        "--source", help="where episodes come from: scenes (default) or another of `proactive-gym list`"
    )
    options.add_argument("--data-dir", help="folder of the source's files, if it reads any")
    options.add_argument("--split", help="scenes: train, validation, test (default); proactivebench: filtered, all")
    options.add_argument("--image-size", type=int, help="side of the picture in pixels")
    options.add_argument(
        "--skip-bad",
        action="store_true",
        default=None,
        help="folder, doodles: leave out what is bad instead of refusing it all",
    )
    options.add_argument("--reply", help="choice, text or open")
    options.add_argument("--reading", help="lenient or strict")
    options.add_argument("--menu-order", help="shuffled or benchmark")
    options.add_argument("--interventions", help="valid or foreign")
    options.add_argument("--control", help="sufficient, unhelpful or mixed")
    options.add_argument("--wording", help="the user's fixed sentences: own, official, or a TOML file")
    options.add_argument("--user", help="who does what is requested: perfect, refusing, clumsy, slow or half")
    options.add_argument(
        "--phrasing", help="of interventions: train (default), test, indirect, german, french, spanish or italian"
    )
    options.add_argument("--decoys", help="interventions that do nothing: none (default), far, mixed or near")
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
    asking.add_argument("--shots", type=int, help="worked examples before each turn (default: 0)")
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
    model.add_argument(
        "--price", type=_price, metavar="P,C", help="of a million prompt and completion tokens (openai:)"
    )
    model.add_argument("--cache", metavar="DIR", help="keep replies that are the same every time, and find them again")


def _price(text: str) -> tuple[float, float]:
    try:
        prompt, completion = [float(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not two numbers with a comma between them") from None
    return prompt, completion


def add_judge_options(parser: argparse.ArgumentParser) -> None:
    """What ``judge_of`` reads."""
    judge = parser.add_argument_group(
        "judge", "of replies in free words (--reply open); without one a matcher reads them"
    )
    judge.add_argument("--judge", metavar="A", help="hf:… or openai:…, on the same device or endpoint as the agents")
    judge.add_argument("--judge-base-url", metavar="URL", help="another endpoint for it")
    judge.add_argument("--judge-price", type=_price, metavar="P,C", help="as --price, of the judge")


def judge_of(parsed: argparse.Namespace, options: "ModelOptions") -> Any:
    """The judge, if there is one: its name, with settings of its own where it is to be had elsewhere.

    Raises:
        InputError: If something is said of one that is not there.
    """
    elsewhere = [name for name in ("judge_base_url", "judge_price") if getattr(parsed, name) is not None]
    if parsed.judge is None and elsewhere:
        raise InputError(f"--{elsewhere[0].replace('_', '-')} is given, but there is no --judge.")
    if not elsewhere:
        return parsed.judge
    from proactive_gym.agents.options import ModelSpec
    from proactive_gym.evaluation.company import LONGEST_VERDICT

    same = options.for_judging(LONGEST_VERDICT)
    return ModelSpec(
        parsed.judge, replace(same, base_url=parsed.judge_base_url or same.base_url, price=parsed.judge_price)
    )


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
