"""Policies over menus: what they are made of, their files, the agent that plays them, the recipe that trains them."""

from __future__ import annotations

import json
import pickle
import zipfile
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
import torch

import proactive_gym
from proactive_gym import InputError, make_agent, rollouts
from proactive_gym.adapters.joined import JoinedVecEnv
from proactive_gym.adapters.sb3_networks import LOUD, SHARPNESS
from proactive_gym.adapters.sb3_policies import ALGORITHMS, DESCRIPTION, kinds_of, load_policy, save_policy
from proactive_gym.adapters.stable_baselines3 import SB3VecEnv
from proactive_gym.agents.base import Scored
from proactive_gym.envs.encoded import EncodedMenu, VectorEncodedMenu
from proactive_gym.envs.vocabulary import ABSTAIN, Vocabulary
from proactive_gym.recipes import ppo
from proactive_gym.training.policy_report import curve

SIDE = 32
both = pytest.mark.parametrize("algorithm", list(ALGORITHMS))


def lanes(algorithm: str, num_envs: int = 8, **kwargs) -> SB3VecEnv:
    plain = algorithm == "ppo"
    vector = gym.make_vec(
        "ProactiveSuite-v0", num_envs, image_size=SIDE, reply="text" if plain else "choice", split="train", **kwargs
    )
    return SB3VecEnv(VectorEncodedMenu(vector, off_menu="unreadable" if plain else "error", last=True))


def model_of(algorithm: str):
    env = lanes(algorithm)
    made, policy = ALGORITHMS[algorithm]
    words = {"kinds": kinds_of(env.env.vocabulary)}
    model = made(policy, env, n_steps=8, batch_size=32, n_epochs=1, policy_kwargs=words, seed=0, device="cpu")
    return model, env.env.vocabulary


@pytest.fixture(scope="module", params=list(ALGORITHMS))
def kept(request, tmp_path_factory):
    """A model that learnt a little, its vocabulary and its file."""
    model, vocabulary = model_of(request.param)
    model.learn(64)
    file = tmp_path_factory.mktemp("policy") / f"{request.param}.zip"
    save_policy(model, file, vocabulary)
    return model, vocabulary, file


# --- The network ------------------------------------------------------------------------------------------------------


def test_every_word_is_of_a_kind():
    vocabulary = Vocabulary.of(gym.make("ProactiveSuite-v0"))
    kinds = kinds_of(vocabulary)
    assert kinds[vocabulary.number(ABSTAIN)] == 0 and kinds[vocabulary.number("blocks_left")] == 1
    assert kinds[vocabulary.number("frog")] == 2
    assert [kinds.count(kind) for kind in range(3)] == [1, 19, 341]


@both
def test_what_is_not_on_offer_starts_far_below_the_rest(algorithm):
    model, _ = model_of(algorithm)
    shown = model.env.reset()
    observations, _ = model.policy.obs_to_tensor(shown)
    with torch.no_grad():
        chances = model.policy.get_distribution(observations).distribution.probs
    assert (chances * observations["menu"]).sum(dim=1).min() > 0.9


def test_answers_are_as_likely_among_themselves_as_sight_finds_them():
    model, vocabulary = model_of("maskable")
    shown = model.env.reset()
    observations, _ = model.policy.obs_to_tensor(shown)
    answers = observations["menu"].bool() & (torch.tensor(kinds_of(vocabulary)) == 2)
    with torch.no_grad():
        scores = model.policy.get_distribution(observations).distribution.logits
        named = model.policy.features_extractor.named(observations["image"].float() / 255)
    found, known = (values.masked_fill(~answers, -torch.inf) for values in (scores, SHARPNESS * named))
    assert torch.allclose(found.softmax(dim=1), known.softmax(dim=1), atol=1e-4)


def test_memory_is_what_was_done_last(kept):
    """As an agent it is shown the same as in training: what it did before this picture, and nothing at first."""
    _, vocabulary, file = kept
    agent = make_agent(f"sb3:{file}")
    with torch.no_grad():
        agent.policy.action_net.of_kinds.bias[1] += 20  # asks
    env = EncodedMenu(gym.make("ProactiveOcclusion-v0", image_size=SIDE), last=True)
    for trajectory in rollouts(agent, "ProactiveOcclusion-v0", 4, image_size=SIDE):
        observation, _ = env.reset(options={"episode": trajectory.episode})
        for exchange in trajectory.exchanges:
            assert np.array_equal(agent._last(exchange.turn), observation["last"])
            numbers = vocabulary.numbers(exchange.turn.options)
            observation, *_ = env.step(numbers[exchange.choice])
            assert observation["last"].nonzero()[0].tolist() == [numbers[exchange.choice]]
        assert len(trajectory.exchanges) > 1


def test_without_memory_there_is_no_such_policy():
    made, policy = ALGORITHMS["maskable"]
    env = SB3VecEnv(VectorEncodedMenu(gym.make_vec("ProactiveSketch-v0", 2, image_size=SIDE)))
    with pytest.raises(InputError, match=r"must have 'last' too: EncodedMenu\(…, last=True\)"):
        made(policy, env, policy_kwargs={"kinds": kinds_of(env.env.vocabulary)}, device="cpu")


def test_what_all_interventions_share_reaches_those_never_trained_on():
    model, vocabulary = model_of("maskable")
    kinds = torch.tensor(kinds_of(vocabulary))
    with torch.no_grad():
        before = model.policy.action_net(torch.ones(1, model.policy.features_dim))[0]
        model.policy.action_net.of_kinds.bias[1] += 5
        after = model.policy.action_net(torch.ones(1, model.policy.features_dim))[0]
    assert torch.allclose(after - before, 5.0 * (kinds == 1), atol=1e-5)


def test_doing_again_what_was_done_last_reaches_interventions_never_trained_on():
    model, vocabulary = model_of("maskable")
    head, kinds = model.policy.action_net, torch.tensor(kinds_of(vocabulary))
    features = torch.zeros(1, model.policy.features_dim)
    asked = vocabulary.number("blocks_left")
    features[0, head.plain - len(kinds) + asked] = LOUD
    with torch.no_grad():
        before = head(features)[0]
        head.again.bias += 5
        changed = head(features)[0] - before
    assert changed[asked] == pytest.approx(5, abs=1e-5) and changed.abs().sum() == pytest.approx(5, abs=1e-4)


def test_what_knows_things_is_left_alone_where_it_learns_from_what_is_told():
    env = lanes("maskable")
    made, policy = ALGORITHMS["maskable"]
    for detached in (False, True):
        settings = {"kinds": kinds_of(env.env.vocabulary), "detached": detached, "reluctance": 3.0}
        model = made(policy, env, n_steps=8, batch_size=32, n_epochs=1, policy_kwargs=settings, seed=0, device="cpu")
        before = {name: weights.clone() for name, weights in model.policy.state_dict().items()}
        model.learn(64)
        changed = {
            name for name, weights in model.policy.state_dict().items() if not torch.equal(weights, before[name])
        }
        for part in ("features_extractor.layers", "features_extractor.names"):
            assert any(name.startswith(part) for name in changed) is not detached, part
        assert {"features_extractor.glance.0.weight", "action_net.own.weight", "value_net.weight"} <= changed
        assert before["action_net.of_kinds.bias"].tolist() == [-3, -3, 0]


def test_settings_side_by_side_are_one_environment():
    asked, clear = lanes("maskable", 3), lanes("maskable", 2, clear=True)
    joined, alone = JoinedVecEnv([asked, clear]), lanes("maskable", 3)
    joined.seed(7)
    alone.seed(7)
    shown, by_itself = joined.reset(), alone.reset()
    assert joined.num_envs == 5 and len(joined.reset_infos) == 5
    masks = np.stack(joined.env_method("action_masks"))
    assert np.array_equal(masks, shown["menu"].astype(bool))
    assert not masks[3:, :20].any() and masks[:3, :20].any()  # the clear ones offer answers only
    for _ in range(6):
        assert all(np.array_equal(shown[name][:3], by_itself[name]) for name in shown)
        actions = np.stack(joined.env_method("action_masks")).argmax(axis=1)
        shown, rewards, dones, infos = joined.step(actions)
        by_itself, alone_rewards, alone_dones, alone_infos = alone.step(actions[:3])
        assert np.array_equal(rewards[:3], alone_rewards) and np.array_equal(dones[:3], alone_dones)
        assert [info.get("outcome") for info in infos[:3]] == [info.get("outcome") for info in alone_infos]
    assert joined.get_attr("num_envs", [0, 4]) == [3, 2]
    with pytest.raises(InputError, match="for lanes 1 alone"):
        joined.set_attr("something", 1, 1)
    with pytest.raises(InputError, match="other spaces"):
        JoinedVecEnv([asked, other_size()])
    with pytest.raises(InputError, match="no vector environments"):
        JoinedVecEnv([])


def other_size() -> SB3VecEnv:
    return SB3VecEnv(VectorEncodedMenu(gym.make_vec("ProactiveSuite-v0", 2, image_size=SIDE + 4), last=True))


# --- Files ------------------------------------------------------------------------------------------------------------


def test_what_was_kept_plays_the_same(kept):
    model, vocabulary, file = kept
    agent = make_agent(f"sb3:{file}")
    assert agent.name == f"sb3:{file.stem}"
    env = gym.make("ProactiveSuite-v0", image_size=SIDE)
    for trajectory in rollouts(agent, "ProactiveSuite-v0", 20, image_size=SIDE):
        turn = trajectory.exchanges[0].turn
        menu = vocabulary.multi_hot(turn.options, turn.action_mask)
        shown = {"image": turn.image.transpose(2, 0, 1), "menu": menu, "last": np.zeros_like(menu)}
        masks = {"action_masks": menu.astype(bool)} if "maskable" in file.stem else {}
        action, _ = model.predict(shown, deterministic=True, **masks)
        if menu[int(action)]:
            assert trajectory.exchanges[0].choice == vocabulary.option(int(action), turn.options, turn.action_mask)
        (alone,) = agent.act([turn])
        assert isinstance(alone, Scored) and alone.choice == trajectory.exchanges[0].choice
        assert sum(alone.confidences) == pytest.approx(1)
        assert all(on or not chance for on, chance in zip(turn.action_mask, alone.confidences, strict=True))
    env.close()


@pytest.mark.parametrize("env_id", list(proactive_gym.ENVIRONMENTS))
def test_it_plays_every_environment_at_any_size(kept, env_id):
    agent = make_agent(f"sb3:{kept[2]}")
    assert len(list(rollouts(agent, env_id, 3, image_size=50))) == 3


def test_sb3_itself_can_still_load_the_file(kept):
    model, _, file = kept
    again = type(model).load(file, device="cpu")
    assert all(
        torch.equal(one, other) for one, other in zip(model.policy.parameters(), again.policy.parameters(), strict=True)
    )


class Mischief:
    def __reduce__(self):
        return (Path.touch, (Path("mischief-was-done"),))


def with_parts(file: Path, to: Path, **parts: bytes | None) -> Path:
    """The archive with some parts changed, or left out (``None``)."""
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(to, "w") as new:
        for name in old.namelist():
            content = parts.get(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return to


def test_nothing_in_a_file_is_run(kept, tmp_path, monkeypatch):
    import base64

    monkeypatch.chdir(tmp_path)
    evil = pickle.dumps(Mischief())
    words = json.dumps({"policy_class": {":type:": "x", ":serialized:": base64.b64encode(evil).decode()}})
    agent = make_agent(f"sb3:{with_parts(kept[2], tmp_path / 'data.zip', data=words.encode())}")
    assert list(rollouts(agent, "ProactiveSketch-v0", 2, image_size=SIDE))
    with pytest.raises(InputError, match="holds no policy over menus"):
        load_policy(with_parts(kept[2], tmp_path / "weights.zip", **{"policy.pth": evil}))
    assert not (tmp_path / "mischief-was-done").exists()


def described(file: Path, **changes) -> bytes:
    with zipfile.ZipFile(file) as archive:
        return json.dumps(json.loads(archive.read(DESCRIPTION)) | changes).encode()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda file: {DESCRIPTION: None}, "no item named"),
        (lambda file: {DESCRIPTION: b"{"}, "JSONDecodeError"),
        (lambda file: {DESCRIPTION: described(file, widths=[24, 48, 96, 384])}, "size mismatch"),
        (lambda file: {DESCRIPTION: described(file, widths=[10**9])}, "a network of"),
        (lambda file: {DESCRIPTION: described(file, image_size=10**9)}, "a network of"),
        (lambda file: {DESCRIPTION: described(file, kinds=[0])}, "1 kinds for 361 words"),
        (lambda file: {DESCRIPTION: described(file, algorithm="sac")}, "KeyError"),
        (lambda file: {"policy.pth": None}, "no item named"),
        (lambda file: {"policy.pth": b"nothing"}, "holds no policy"),
    ],
)
def test_a_spoilt_file_is_refused_in_a_sentence(kept, tmp_path, spoil, message):
    file = with_parts(kept[2], tmp_path / "spoilt.zip", **spoil(kept[2]))
    with pytest.raises(InputError, match="holds no policy over menus") as refusal:
        make_agent(f"sb3:{file}")
    assert message in str(refusal.value) or message == "holds no policy"


def test_files_that_are_none_are_refused(tmp_path):
    (tmp_path / "text.zip").write_text("not a zip")
    with pytest.raises(InputError, match="holds no policy over menus"):
        make_agent(f"sb3:{tmp_path / 'text.zip'}")
    with pytest.raises(InputError, match="cannot be read: No such file"):
        make_agent(f"sb3:{tmp_path / 'nowhere.zip'}")
    with pytest.raises(InputError, match="lacks its model: sb3:MODEL"):
        make_agent("sb3:")


def test_without_a_menu_it_says_so(kept):
    with pytest.raises(InputError, match="shows none; leave out reply='open'"):
        list(rollouts(make_agent(f"sb3:{kept[2]}"), "ProactiveSketch-v0", 1, reply="open", image_size=SIDE))


# --- The recipe -------------------------------------------------------------------------------------------------------

QUICK = {
    **{"clear_steps": 256, "steps": 512, "num_envs": 8, "n_steps": 16, "batch_size": 64, "checkpoint_every": 128},
    **{"log_every": 1, "eval_episodes": 7, "tell_passes": 1, "remember": 200},
}


@both
def test_the_recipe_trains_keeps_and_reports(algorithm, tmp_path, capsys):
    folder = ppo.train(ppo.Flags(out=str(tmp_path / "run"), algorithm=algorithm, **QUICK))
    assert "of the oracle's return" in capsys.readouterr().out
    for part in ("policy.zip", "before.zip", "curve.csv", "curve.png", "results.md", "evaluation-test/report.html"):
        assert (folder / part).stat().st_size > 50, part
    results = (folder / "results.md").read_text()
    assert "sb3:policy" in results and "sb3:before" in results and "Unseen subjects" in results
    assert "| oracle | all scenarios | 7 | 1.000" in results


def test_the_recipe_goes_on_after_a_kill(tmp_path, monkeypatch):
    flags = ppo.Flags(out=str(tmp_path / "run"), **QUICK)
    monkeypatch.setattr(ppo, "report", lambda *_: None)

    class Killed(Exception):
        pass

    def kill(model, *_):
        if model.num_timesteps >= 384:
            raise Killed

    with monkeypatch.context() as patch:
        step = ppo.Tell._on_step
        patch.setattr(ppo.Tell, "_on_step", lambda self: kill(self.model) or step(self))
        with pytest.raises(Killed):
            ppo.train(flags)
    folder = tmp_path / "run"
    assert (folder / "before.zip").exists() and not (folder / "policy.zip").exists()
    with zipfile.ZipFile(folder / "checkpoint.zip") as archive:
        reached = json.loads(archive.read("data"))["num_timesteps"]
    assert 256 <= reached < 384
    saved = load_policy(folder / "checkpoint.zip").policy.state_dict()
    seen = {}
    with monkeypatch.context() as patch:
        learn = ppo.learn
        patch.setattr(
            ppo,
            "learn",
            lambda model, *more: (
                seen.update(steps=model.num_timesteps, weights=[w.clone() for w in model.policy.state_dict().values()]),
                learn(model, *more),
            ),
        )
        ppo.train(flags)
    assert seen["steps"] == reached
    assert all(torch.equal(*pair) for pair in zip(seen["weights"], saved.values(), strict=True))
    assert (folder / "policy.zip").exists()
    steps = [int(line.split(",")[0]) for line in (folder / "curve.csv").read_text().splitlines()[1:]]
    assert steps == [128, 256, 384, 512]  # none missing, none twice


def test_held_out_scenarios_are_never_trained_on(tmp_path):
    flags = ppo.Flags(out=str(tmp_path), hold_out=("sketch", "framing"), **QUICK)
    env = ppo.make(flags, 8, 0)
    env.reset()
    played = {conversation.episode.scenario for conversation in env.env.unwrapped.conversations}
    for _ in range(10):
        masks = env.env.action_masks()
        env.step((np.random.default_rng(0).random(masks.shape) * masks).argmax(axis=1))
        played |= {conversation.episode.scenario for conversation in env.env.unwrapped.conversations}
    assert len(played) == 5 and not played & {"sketch", "framing"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "steps is 0"),
        ({"clear_steps": 600}, "clear_steps is 600"),
        ({"wrong": 2}, "wrong is 2, but must be a cost from 0 to 1"),
        ({"learning_rate": 0}, "learning_rate is 0, but must be above 0"),
        ({"hold_out": ("fog",)}, "'fog'"),
        ({"hold_out": tuple(env.name for env in ppo.SCENARIOS)}, "names all scenarios"),
    ],
)
def test_impossible_flags_are_said_at_once(changes, message):
    with pytest.raises(InputError, match=message):
        ppo.Flags(**{**QUICK, **changes})


def test_another_run_is_not_gone_on_with(tmp_path, monkeypatch):
    monkeypatch.setattr(ppo, "report", lambda *_: None)
    folder = ppo.train(ppo.Flags(out=str(tmp_path / "run"), **QUICK))
    with pytest.raises(InputError, match=r"holds a run with gamma=0\.95, but now it is 0\.5"):
        ppo.train(ppo.Flags(out=str(folder), gamma=0.5, **QUICK))


@pytest.mark.slow
def test_the_curve_is_the_golden_one(tmp_path, monkeypatch, project_root):
    """Four minutes of one core: the first part, and as much of the second as it takes to find out about asking."""
    golden = project_root / "docs" / "policy_curve.csv"
    turning, last, step = ppo.Flags.clear_steps, 51_200, ppo.Curve._on_step
    monkeypatch.setattr(ppo.Curve, "_on_step", lambda self: step(self) and self.num_timesteps <= last)
    monkeypatch.setattr(ppo, "report", lambda *_: None)
    folder = ppo.train(ppo.Flags(out=str(tmp_path / "run")))
    steps, right, requests = curve(folder / "curve.csv")
    known = dict(zip(*curve(golden)[:2], strict=True))
    assert len(steps) == 10 and steps[-1] == last
    for place, value in zip(steps, right, strict=True):
        # Where the curve climbs, another machine's rounding errors take it up a little sooner or later.
        assert value == pytest.approx(known[place], abs=0.06 if place <= turning else 0.15), place
    assert requests[steps.index(turning)] == 0 and requests[-1] > 1  # from never asking …
    first, second = load_policy(folder / "before.zip"), load_policy(folder / "policy.zip")
    assert first.vocabulary == second.vocabulary


# --- The command ------------------------------------------------------------------------------------------------------


def words(flags: dict) -> list[str]:
    return [word for name, value in flags.items() for word in (f"--{name.replace('_', '-')}", str(value))]


def test_the_command_trains_reports_and_goes_on(tmp_path, monkeypatch, capsys):
    from proactive_gym.cli import main

    monkeypatch.chdir(tmp_path)
    arguments = ["train", "ppo", *words({**QUICK, "eval_episodes": 3})]
    assert main(arguments) == 0
    assert (tmp_path / "runs" / "ppo" / "evaluation-train" / "report.html").exists()
    before = (tmp_path / "runs" / "ppo" / "evaluation-train" / "episodes.jsonl").read_bytes()
    assert main(arguments) == 0  # all is there already
    assert capsys.readouterr().out.count("128 turns") == 1
    assert (tmp_path / "runs" / "ppo" / "evaluation-train" / "episodes.jsonl").read_bytes() == before
    assert main([*arguments, "--gamma", "0.5"]) == 1
    assert "holds a run with gamma=0.95, but now it is 0.5" in capsys.readouterr().err
    assert main(["train", "ppo", "--steps", "0"]) == 1
    assert "steps is 0" in capsys.readouterr().err


@pytest.mark.parametrize("recipe", ["ppo", "grpo"])
def test_flags_are_explained_by_their_comments(recipe, capsys):
    from proactive_gym.cli import main
    from proactive_gym.training.flags import comments

    with pytest.raises(SystemExit) as done:
        main(["train", recipe, "--help"])
    assert done.value.code == 0
    shown = capsys.readouterr().out
    assert f"usage: proactive-gym train {recipe}" in shown and "--learning-rate" in shown
    flags = ppo.Flags if recipe == "ppo" else pytest.importorskip("proactive_gym.recipes.grpo_mllm").Flags
    assert comments(flags).keys() == set(flags.__dataclass_fields__)


def test_an_unknown_recipe_is_wrong_usage(capsys):
    from proactive_gym.cli import main

    with pytest.raises(SystemExit) as done:
        main(["train", "ppp"])
    assert done.value.code == 2
    assert "ppo" in capsys.readouterr().err
