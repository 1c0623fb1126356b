"""PPO and MaskablePPO on rendered scenes: from never asking to asking when it helps. One file, no language.

    python examples/ppo.py --out runs/ppo                                   # eleven minutes of a free core
    python examples/ppo.py --out runs/held-out --hold-out video_moment      # a scenario that it never trains on
    python examples/ppo.py --out runs/plain --algorithm ppo --tell 0        # no masks, rewards alone

It learns in two parts. First all pictures suffice, and menus hold answers only (``clear=True``): it learns what things
look like, and knows of nothing else. Then episodes begin as they do in the environment. It starts out reluctant, and
never asks where it takes what it finds best (``--reluctance``); it has to find out, from the few times that it asks by
chance, that asking leads to pictures it can name. A right answer pays 1, and a wrong one costs a third while it learns
(``--wrong``), so that guessing comes to nothing; how good it is in the end is measured in right answers alone.

**Learning from what it is told.** When an episode is over, the user says what the right answer was
(``info["answer"]``). From that the network learns to name the pictures that it saw in the episode (``--tell``), many
times faster than from rewards, which say only whether a guess was right. What knows things learns from nothing else,
since PPO's gradients make it forget. It is told names, never when to ask: that, and what to ask for, PPO learns from
rewards. ``--tell 0`` leaves it out, and PPO trains all.

The same command again goes on from the last checkpoint. The result plays as the agent ``sb3:runs/ppo/policy.zip``.
"""

import json
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import configure
from stable_baselines3.common.save_util import load_from_zip_file
from torch.nn import functional

from proactive_gym import Reward, evaluate
from proactive_gym.adapters.joined import JoinedVecEnv
from proactive_gym.adapters.sb3_policies import ALGORITHMS, kinds_of, save_policy
from proactive_gym.adapters.stable_baselines3 import SB3VecEnv
from proactive_gym.envs import SCENARIOS, ProactiveEnv
from proactive_gym.envs.encoded import VectorEncodedMenu
from proactive_gym.envs.vector import ProactiveVectorEnv
from proactive_gym.envs.vocabulary import Vocabulary
from proactive_gym.errors import InputError, check_choice, check_whole
from proactive_gym.training.flags import as_words, flags_from
from proactive_gym.training.policy_report import result_table, share_of_oracle, write_curve
from proactive_gym.training.run_folder import opened

FARTHEST = 2
"""Pixels by which pictures are moved at most before it learns to name them."""


@dataclass(frozen=True)
class Flags:
    """What can be set."""

    out: str = "runs/ppo"  # folder for the run; the same command again goes on with it
    algorithm: Literal["maskable", "ppo"] = "maskable"  # MaskablePPO, or PPO, which may choose what is not on offer
    clear_steps: int = 30_720  # steps of the first part, in which all pictures suffice
    steps: int = 163_840  # steps altogether
    hold_out: tuple[str, ...] = ()  # scenarios that it never trains on
    still_clear: float = 0.125  # share of the lanes in which pictures still suffice after that
    wrong: float = 1 / 3  # what a wrong answer costs in training: guessing among four comes to nothing
    reluctance: float = 5.0  # how far the scores of interventions and of giving up start below those of answers
    tell: float = 1.0  # weight of learning from the answers it is told; 0 leaves rewards alone
    tell_passes: int = 6  # how often it goes over a picture whose answer it was told
    tell_batch: int = 128  # pictures each time
    remember: int = 30_000  # how many of them it keeps
    image_size: int = 32  # side of the pictures
    num_envs: int = 64  # conversations at once
    n_steps: int = 16  # turns of each before it learns from them
    batch_size: int = 256  # turns per update
    n_epochs: int = 4  # how often it goes over each turn
    learning_rate: float = 1e-3  # of PPO's Adam, falling to a twentieth by the end
    tell_rate: float = 2e-3  # of the Adam that learns from what it is told; falls alike
    target_kl: float = 0.1  # divergence from the policy that played at which an update ends
    gamma: float = 0.95  # discount: what it pays to be asked for nothing
    ent_coef: float = 0.03  # bonus for not being too sure
    checkpoint_every: int = 5_000  # steps
    log_every: int = 5  # rollouts, from one point of the curve to the next
    eval_episodes: int = 1000  # episodes per evaluation at the end
    seed: int = 0  # of the network, of chance and of the episodes

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is made."""
        positive = (
            "steps",
            "image_size",
            "num_envs",
            "n_steps",
            "batch_size",
            "n_epochs",
            "log_every",
            "checkpoint_every",
        )
        for name in (*positive, "tell_passes", "tell_batch", "remember", "eval_episodes"):
            check_whole(name, getattr(self, name), 1)
        check_whole("clear_steps", self.clear_steps, 0, self.steps)
        check_whole("seed", self.seed, 0)
        for name in self.hold_out:
            check_choice("hold_out", name, [scenario.name for scenario in SCENARIOS])
        if len(set(self.hold_out)) == len(SCENARIOS):
            raise InputError("hold_out names all scenarios, but at least one is needed to train on.")
        if not 0 <= self.still_clear <= 1:
            raise InputError(f"still_clear is {self.still_clear!r}, but must be a share from 0 to 1.")
        if not 0 <= self.wrong <= 1:
            raise InputError(f"wrong is {self.wrong!r}, but must be a cost from 0 to 1.")
        for name in ("learning_rate", "tell_rate", "target_kl"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} is {getattr(self, name)!r}, but must be above 0.")
        if not self.tell >= 0:
            raise InputError(f"tell is {self.tell!r}, but must be at least 0.")


def main(arguments: Sequence[str] | None = None) -> Path:
    """Train, keep the policy, evaluate it."""
    return train(flags_from(Flags, __doc__, arguments))


def train(flags: Flags) -> Path:
    """Train as the flags say; the folder with ``policy.zip``, the curve and the report."""
    folder = opened(flags.out, "ppo", as_words(flags))
    if not (folder / "policy.zip").exists():
        learn_to_ask(flags, folder)
    report(flags, folder)
    return folder


def learn_to_ask(flags: Flags, folder: Path) -> None:
    """First what things look like, then when to ask; ``before.zip`` and ``policy.zip`` are what each part led to."""
    begun = clear(flags, flags.num_envs, flags.seed)
    vocabulary = Vocabulary.of(begun.env)
    model = new_model(flags, begun, vocabulary)
    model.set_logger(configure(str(folder), ["tensorboard"] if find_spec("tensorboard") else []))
    resume(model, folder)
    curve = Curve(flags, folder)
    parts = [Keep(flags, folder, vocabulary), curve, *([Tell(flags, vocabulary)] if flags.tell else [])]
    if model.num_timesteps < flags.clear_steps:
        learn(model, flags.clear_steps, parts, flags.log_every)
        save_policy(model, folder / "before.zip", vocabulary)
    if model.num_timesteps < flags.steps:
        model.set_env(both(flags, flags.seed + 1 + model.num_timesteps))
        curve.lanes = flags.num_envs - round(flags.num_envs * flags.still_clear)
        learn(model, flags.steps, parts, flags.log_every)
    save_policy(model, folder / "policy.zip", vocabulary)


def make(flags: Flags, lanes: int, seed: int, **kwargs: Any) -> SB3VecEnv:
    """The scenarios it trains on, training subjects, menus as fixed vocabularies, lanes as SB3 wants them."""

    class Trained(ProactiveEnv):
        scenarios: ClassVar = tuple(item for item in SCENARIOS if item.name not in flags.hold_out)

    plain = flags.algorithm == "ppo"
    if plain:  # what is not on offer is nothing a user could make sense of
        kwargs["reply"] = "text"
    reward = Reward(wrong=-flags.wrong)
    vector = ProactiveVectorEnv(Trained, lanes, split="train", image_size=flags.image_size, reward=reward, **kwargs)
    words = Vocabulary.of(vector)
    env = SB3VecEnv(VectorEncodedMenu(vector, words, off_menu="unreadable" if plain else "error", last=True))
    env.seed(seed)
    return env


def clear(flags: Flags, lanes: int, seed: int) -> SB3VecEnv:
    """Pictures that suffice, and only answers on the menu."""
    return make(flags, lanes, seed, clear=True)


def both(flags: Flags, seed: int) -> JoinedVecEnv:
    """Episodes as they begin in the environment, and in a part of the lanes still those that suffice."""
    still_clear = min(flags.num_envs - 1, round(flags.num_envs * flags.still_clear))
    parts = [make(flags, flags.num_envs - still_clear, seed)]
    joined = JoinedVecEnv([*parts, *([clear(flags, still_clear, seed)] if still_clear else [])])
    joined.seed(seed)
    return joined


def new_model(flags: Flags, env: SB3VecEnv, vocabulary: Vocabulary) -> Any:
    """The algorithm with a fresh network."""
    algorithm, policy = ALGORITHMS[flags.algorithm]
    return algorithm(
        policy,
        env,
        learning_rate=lambda left: flags.learning_rate * max(0.05, left),
        n_steps=flags.n_steps,
        batch_size=min(flags.batch_size, flags.n_steps * flags.num_envs),
        n_epochs=flags.n_epochs,
        gamma=flags.gamma,
        ent_coef=flags.ent_coef,
        target_kl=flags.target_kl,
        policy_kwargs={"kinds": kinds_of(vocabulary), "reluctance": flags.reluctance, "detached": flags.tell > 0},
        seed=flags.seed,
        device="cpu",
    )


def learn(model: Any, until: int, parts: list[BaseCallback], log_every: int) -> None:
    """Go on until that many steps."""
    model.learn(until - model.num_timesteps, callback=parts, reset_num_timesteps=False, log_interval=log_every)


def resume(model: Any, folder: Path) -> None:
    """Take weights, optimiser and steps from the last checkpoint, if there is one; nothing is unpickled."""
    checkpoint = folder / "checkpoint.zip"
    if not checkpoint.exists():
        return
    _, parameters, _ = load_from_zip_file(checkpoint, load_data=False, device="cpu")
    model.set_parameters(parameters, device="cpu")
    with zipfile.ZipFile(checkpoint) as archive:
        model.num_timesteps = int(json.loads(archive.read("data"))["num_timesteps"])
    print(f"Going on after {model.num_timesteps} steps.", flush=True)


class Keep(BaseCallback):
    """Keeps a checkpoint every so many steps."""

    def __init__(self, flags: Flags, folder: Path, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.every, self.folder, self.vocabulary, self.last = flags.checkpoint_every, folder, vocabulary, 0

    def _on_rollout_start(self) -> None:
        if self.num_timesteps - self.last >= self.every:
            self.last = self.num_timesteps
            save_policy(self.model, self.folder / "checkpoint.zip", self.vocabulary)

    def _on_step(self) -> bool:
        return True


class Curve(BaseCallback):
    """Logs how episodes end: return, share right, requests an episode; keeps that as ``curve.csv``.

    In the second part, of episodes as they begin in the environment; those that suffice are in the lanes behind them.
    The return is training's own, in which wrong answers cost; what is plotted is the share right.
    """

    def __init__(self, flags: Flags, folder: Path) -> None:
        super().__init__()
        self.every, self.file = flags.log_every, folder / "curve.csv"
        self.ended: list[tuple[float, float, float]] = []
        self.rollouts, self.lanes = 0, flags.num_envs

    def _on_training_start(self) -> None:
        """What was written after the checkpoint that it goes on from is played again."""
        lines = self.file.read_text(encoding="utf-8").splitlines()[1:] if self.file.exists() else []
        kept = [line for line in lines if int(line.split(",")[0]) <= self.num_timesteps]
        self.file.write_text("\n".join(["steps,return,right,requests", *kept, ""]), encoding="utf-8")

    def _on_step(self) -> bool:
        for info in self.locals["infos"][: self.lanes]:
            if "outcome" in info:
                self.ended.append((info["episode"]["r"], info["outcome"] == "correct", info["requests"]))
        return True

    def _on_rollout_end(self) -> None:
        self.rollouts += 1
        if self.rollouts % self.every == 0 and self.ended:
            means = np.mean(self.ended, axis=0)
            with self.file.open("a", encoding="utf-8") as file:
                file.write(f"{self.num_timesteps},{','.join(f'{mean:.4f}' for mean in means)}\n")
            print(
                f"{self.num_timesteps:>8} turns: return {means[0]:.3f}, {means[2]:.2f} requests an episode", flush=True
            )
            for name, mean in zip(("return", "right", "requests"), means, strict=True):
                self.logger.record(f"episode/{name}", mean)
            self.ended = []


class Tell(BaseCallback):
    """Learns from the answers that it is told at the end of episodes to name all pictures that it saw in them."""

    def __init__(self, flags: Flags, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.flags, self.words = flags, {word.texts[0]: place for place, word in enumerate(vocabulary.words)}
        side, room = flags.image_size, flags.remember
        self.images = np.zeros((room, 3, side, side), dtype=np.uint8)
        self.answers = np.zeros(room, dtype=np.int64)
        self.seen: list[list[np.ndarray]] = [[] for _ in range(flags.num_envs)]
        self.told, self.new = 0, 0
        self.random = np.random.default_rng(flags.seed)

    def _on_training_start(self) -> None:
        self.seen = [[] for _ in self.seen]
        # With Adam's usual eps of 1e-8, weights that matter to no softmax would grow on rounding errors.
        sight: Any = self.model.policy.features_extractor
        knowing = [*sight.layers.parameters(), *sight.names.parameters()]
        self.optimizer = torch.optim.Adam(knowing, lr=self.flags.tell_rate, eps=1e-5)

    def _on_step(self) -> bool:
        shown: Any = self.model._last_obs
        for image, seen, info in zip(shown["image"], self.seen, self.locals["infos"], strict=True):
            seen.append(image)
            if "answer" in info:
                for picture in seen:
                    self._keep(picture, self.words[info["answer"]])
                seen.clear()
        return True

    def _keep(self, image: np.ndarray, answer: int) -> None:
        place = self.told % len(self.images)
        self.images[place], self.answers[place] = image, answer
        self.told, self.new = self.told + 1, self.new + 1

    def _on_rollout_start(self) -> None:
        """After an update and before the next turns are played: PPO's probabilities stay those it acted by."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.flags.tell_rate * max(0.05, self.model._current_progress_remaining)
        for _ in range(self.new * self.flags.tell_passes // self.flags.tell_batch):
            self._learn(self.random.integers(min(self.told, len(self.images)), size=self.flags.tell_batch))
        self.new = 0

    def _learn(self, places: np.ndarray) -> None:
        policy: Any = self.model.policy
        moved = tuple(self.random.integers(-FARTHEST, FARTHEST + 1, size=2))  # or it would know damage by heart
        images = torch.from_numpy(np.roll(self.images[places], moved, axis=(2, 3)))
        scores = policy.features_extractor.named(images / 255)
        loss = self.flags.tell * functional.cross_entropy(scores, torch.from_numpy(self.answers[places]))
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.logger.record_mean("tell/loss", loss.item())
        self.logger.record_mean("tell/named", (scores.argmax(1).numpy() == self.answers[places]).mean())


def report(flags: Flags, folder: Path) -> None:
    """Before and after, on training subjects and on unseen ones, by scenario."""
    after, before = f"sb3:{folder / 'policy.zip'}", f"sb3:{folder / 'before.zip'}"
    agents = ["oracle", after, *([before] if (folder / "before.zip").exists() else []), "always-ask", "never-ask"]
    tables = []
    for title, split in {"Training subjects": "train", "Unseen subjects": "test"}.items():
        size, out = flags.image_size, folder / f"evaluation-{split}"
        played = evaluate(agents, "ProactiveSuite-v0", flags.eval_episodes, out=out, split=split, image_size=size)
        tables.append(result_table(title, played.rows))
        value, low, high = share_of_oracle(played.rows, "sb3:policy")
        print(f"{title}: {value:.1%} [{low:.1%}, {high:.1%}] of the oracle's return", flush=True)
    write_curve(folder / "curve.csv", flags.clear_steps, folder / "curve.png")
    unseen = f"Never trained on: {', '.join(flags.hold_out)}." if flags.hold_out else "Trained on all scenarios."
    (folder / "results.md").write_text("\n".join([unseen, "", *tables]), encoding="utf-8")
    print(f"Results: {folder / 'results.md'}, {folder / 'evaluation-train' / 'report.html'}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except InputError as wrong:
        sys.exit(f"ppo.py: {wrong}")
