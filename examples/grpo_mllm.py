"""GRPO for a multimodal language model, by the recipe of the paper (arXiv 2603.19466, section 5 and appendix C).

Single-turn, as in the paper: the model sees a first picture, and a right answer pays 1, a request that helps r_p, all
else nothing::

    python examples/grpo_mllm.py --model qwen2.5-vl-3b --out runs/grpo                       # rendered scenes
    python examples/grpo_mllm.py --model qwen2.5-vl-3b --out runs/grpo --data official \
        --data-dir data/ProactiveBench                                                       # the paper's own data
    python examples/grpo_mllm.py --model Qwen/Qwen3-VL-4B-Instruct --out runs/grpo --turns 6 # whole episodes
    accelerate launch --config_file examples/configs/multi_gpu.yaml examples/grpo_mllm.py …  # on several GPUs

The same command again goes on from the last checkpoint. Needs proactive-gym[trl]; what a cluster needs is in
docs/training.md.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from proactive_gym.errors import InputError, check_whole
from proactive_gym.training.flags import as_words, flags_from
from proactive_gym.training.run_folder import finish, finished, opened

if TYPE_CHECKING:
    from proactive_gym.adapters.trl import Questions


@dataclass(frozen=True)
class Flags:
    """What can be set; the defaults are the paper's where it says something."""

    model: str = "qwen2.5-vl-3b"  # a folder, a short name, or a hub id (the paper: this one, and llava-next-mistral-7b)
    out: str = "runs/grpo"  # folder for the run; the same command again goes on with it
    data: Literal["episodes", "official"] = "episodes"  # first turns of episodes, or the official training split
    env: str = "ProactiveSuite-v0"  # where episodes come from
    source: str = "scenes"  # source of the episodes
    data_dir: str | None = None  # folder of the official files
    split: str = "train"  # split of the episodes
    episodes: int = 26_879  # how many prompts; as many as the official training split has
    turns: int = 1  # 1: single-turn as in the paper; more: whole episodes with at most so many tool calls
    image_size: int | None = None  # side of rendered pictures
    r_p: float = 0.5  # what a request that helps pays, 0 to 1; the paper tried 0.5, 0.75 and 1
    lora_r: int = 16  # rank of the adapter; 0 trains all weights
    lora_alpha: int = 16  # scale of the adapter
    lora_dropout: float = 0.1  # dropout of the adapter
    lora_targets: tuple[str, ...] = ("q_proj", "k_proj")  # layers that get one
    learning_rate: float = 2e-5  # falls to 0 by a cosine, without warm-up
    epochs: float = 1.0  # passes over the prompts
    max_steps: int = -1  # updates, if it is to end before that
    generations: int = 8  # replies per prompt, compared with each other
    batch: int = 512  # replies per update, over all devices
    device_batch: int = 8  # replies per device at once
    max_new_tokens: int = 64  # longest reply; of all replies and pictures of an episode together, if turns > 1
    temperature: float = 1.0  # of sampled replies
    beta: float = 0.0  # weight of the divergence from the model before training
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"  # of the weights; auto: bfloat16 on a GPU
    gradient_checkpointing: bool = True  # less memory, more time
    use_vllm: bool = False  # write replies by vLLM, on the same devices
    vllm_server: str | None = None  # or by a server at that URL (`trl vllm-serve`)
    save_steps: int = 50  # updates from checkpoint to checkpoint
    report_to: str = "tensorboard"  # where curves go: tensorboard, wandb, trackio, none
    eval_episodes: int = 100  # per scenario at the end, before and after; 0 leaves it out
    seed: int = 0  # of sampling, shuffling and the adapter

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        from proactive_gym.adapters.trl_shared import check_request

        check_request(self.r_p)
        smallest = {"turns": 1, "generations": 2, "batch": 1, "device_batch": 1, "max_new_tokens": 1, "episodes": 1}
        for name, low in {**smallest, "lora_r": 0, "save_steps": 1, "eval_episodes": 0, "seed": 0}.items():
            check_whole(name, getattr(self, name), low)
        if not self.learning_rate > 0:
            raise InputError(f"learning_rate is {self.learning_rate!r}, but must be a number above 0.")
        if self.batch % self.generations:
            raise InputError(
                f"batch is {self.batch} and generations {self.generations}, but a batch holds whole groups: make it a "
                "multiple."
            )
        if self.data == "official" and (self.turns > 1 or self.data_dir is None):
            raise InputError(
                "The official training split has single turns, and lies in data_dir; set turns=1, data_dir=…."
            )


def main(arguments: Sequence[str] | None = None) -> Path:
    """Train, keep the result, evaluate it."""
    return train(flags_from(Flags, __doc__, arguments))


def train(flags: Flags) -> Path:
    """Train as the flags say; the folder with checkpoints, ``model`` (or the adapter) and the report.

    Raises:
        InputError: If something would not work, before training starts.
    """
    os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")
    try:
        import trl  # noqa: F401
    except ImportError as error:
        raise InputError(f"GRPO needs TRL ({error}); install it with pip install 'proactive-gym[trl]'.") from error
    folder = opened(flags.out, "grpo", as_words(flags))
    if not finished(folder):
        _learn(flags, folder)
    if int(os.environ.get("RANK", "0")) == 0 and flags.eval_episodes:
        _evaluate(flags, folder)
    return folder


def _learn(flags: Flags, folder: Path) -> None:
    """Train, from the last checkpoint if there is one, and keep the result as ``model``."""
    from trl import GRPOConfig, GRPOTrainer

    from proactive_gym.training.grpo import checked_model, last_checkpoint

    given = _data(flags)  # says at once if there is nothing to train on
    configuration = GRPOConfig(**_settings(flags, folder, given.pop("max_steps", -1)))
    loaded = checked_model(flags.model, flags.dtype, flags.lora_r, configuration, tools=flags.turns > 1)
    trainer = GRPOTrainer(
        model=loaded.model,
        processing_class=loaded.processor,
        args=configuration,
        peft_config=_adapter(flags),
        **given,
    )
    trainer.train(resume_from_checkpoint=last_checkpoint(folder))
    trainer.save_model(str(folder / "model"))
    if trainer.accelerator.is_main_process:
        finish(folder)


def _data(flags: Flags) -> dict[str, Any]:
    """What TRL's trainer is given: prompts, rewards, and environments if there are several turns."""
    from proactive_gym.adapters.trl import FirstTurns, OutcomeReward, dataset_of
    from proactive_gym.adapters.trl_episodes import EpisodeReward, Episodes
    from proactive_gym.adapters.trl_official import OfficialSplit, RowReward

    if flags.data == "official":
        split = OfficialSplit(Path(flags.data_dir or ".") / "data")
        steps = max(1, int(split.rows * flags.epochs * flags.generations / flags.batch))
        return {"train_dataset": split.dataset(), "reward_funcs": RowReward(flags.r_p), "max_steps": steps}
    where = {"source": flags.source, "data_dir": flags.data_dir, "split": flags.split, "image_size": flags.image_size}
    chosen: dict[str, Any] = {name: value for name, value in where.items() if value is not None}
    if flags.turns > 1:
        episodes = Episodes(flags.env, flags.episodes, flags.seed, **chosen)
        return {
            "train_dataset": episodes.dataset(),
            "reward_funcs": EpisodeReward(flags.r_p),
            "environment_factory": episodes.factories(),
        }
    questions: Questions = FirstTurns(flags.env, flags.episodes, flags.seed, **chosen)
    return {"train_dataset": dataset_of(questions), "reward_funcs": OutcomeReward(questions, flags.r_p)}


def _settings(flags: Flags, folder: Path, max_steps: int) -> dict[str, Any]:
    """TRL's configuration; ``max_steps`` ends it where the data do not say how many they are."""
    import torch

    world = int(os.environ.get("WORLD_SIZE", "1"))
    at_once = min(flags.device_batch, flags.batch // world)
    if at_once == 0 or flags.batch % (at_once * world):
        raise InputError(
            f"batch is {flags.batch}, but {world} devices with {flags.device_batch} replies each do not divide it; "
            "choose a multiple."
        )
    on_gpu = torch.cuda.is_available()
    return {
        "output_dir": str(folder),
        "learning_rate": flags.learning_rate,
        "lr_scheduler_type": "cosine",
        "warmup_steps": 0,
        "weight_decay": 0.0,
        "num_train_epochs": flags.epochs,
        "max_steps": max_steps if flags.max_steps == -1 else flags.max_steps,
        "num_generations": flags.generations,
        "per_device_train_batch_size": at_once,
        "gradient_accumulation_steps": flags.batch // (at_once * world),
        "max_completion_length": flags.max_new_tokens,
        "temperature": flags.temperature,
        "beta": flags.beta,
        "bf16": on_gpu,
        "use_cpu": not on_gpu,
        "gradient_checkpointing": flags.gradient_checkpointing,
        "use_vllm": flags.use_vllm or flags.vllm_server is not None,
        "vllm_mode": "server" if flags.vllm_server else "colocate",
        "vllm_server_base_url": flags.vllm_server,
        "max_tool_calling_iterations": flags.turns if flags.turns > 1 else None,
        "save_strategy": "steps",
        "save_steps": flags.save_steps,
        "save_total_limit": 2,
        "logging_steps": 1,
        "report_to": flags.report_to,
        "run_name": folder.name,
        "seed": flags.seed,
    }


def _adapter(flags: Flags) -> Any:
    if not flags.lora_r:
        return None
    from peft import LoraConfig

    return LoraConfig(
        r=flags.lora_r,
        lora_alpha=flags.lora_alpha,
        lora_dropout=flags.lora_dropout,
        target_modules=list(flags.lora_targets),
    )


def _evaluate(flags: Flags, folder: Path) -> None:
    """The model before and after on unseen subjects, with the usual report."""
    from proactive_gym import evaluate, make_agent
    from proactive_gym.agents import ModelOptions

    trained = str(folder / "model")
    before = make_agent(f"hf:{flags.model}")
    if flags.lora_r:
        after = make_agent(f"hf:{flags.model}", ModelOptions(adapter=trained))
    else:
        after = make_agent(f"hf:{trained}")
    report = folder / "evaluation"
    size: dict[str, Any] = {} if flags.image_size is None else {"image_size": flags.image_size}
    evaluate([before, after], "all", flags.eval_episodes, out=report, reply="text", **size)
    print(f"Report: {report / 'report.html'}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except InputError as wrong:
        sys.exit(f"grpo_mllm.py: {wrong}")
