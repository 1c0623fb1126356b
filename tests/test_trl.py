"""GRPO through TRL: questions and episodes as it takes them, rewards, and whole runs of tiny models."""

from __future__ import annotations

import json
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

import proactive_gym
from proactive_gym import InputError, Reward
from proactive_gym.menu import Kind
from proactive_gym.outcome import Outcome
from proactive_gym.sources import FixedEpisodes, ScenesSource

pytestmark = pytest.mark.trl

trl_adapter = pytest.importorskip("proactive_gym.adapters.trl")
trl_episodes = pytest.importorskip("proactive_gym.adapters.trl_episodes")
trl_tools = pytest.importorskip("proactive_gym.adapters.trl_tools")
IDS = list(proactive_gym.ENVIRONMENTS)
SIDE = 40

every_id = pytest.mark.parametrize("env_id", IDS)


def completion(text: str) -> list[dict]:
    return [{"role": "assistant", "content": text}]


# --- First turns ------------------------------------------------------------------------------------------------------


@every_id
def test_first_turns_pay_what_the_environment_pays(env_id):
    questions = trl_adapter.FirstTurns(env_id, 3, seed=1, split="train", image_size=SIDE)
    reward = trl_adapter.OutcomeReward(questions, 0.5)
    env = gym.make(env_id, reply="text", single_turn=True, split="train", image_size=SIDE, reward=Reward(request=0.5))
    seen = set()
    for number, name in enumerate(questions.names):
        _, info = env.reset(options={"episode": name})
        for reply in (*info["options"], "B", "Perhaps.", ""):
            env.reset(options={"episode": name})
            _, paid, over, _, after = env.step(reply)
            assert over
            assert reward([completion(reply)], question=[number]) == [paid], reply
            seen.add((after["outcome"], paid))
    assert {("correct", 1.0), ("requested", 0.5), ("wrong", 0.0), ("abstained", 0.0), ("unreadable", 0.0)} <= seen


@every_id
def test_a_data_set_shows_what_the_environment_shows(env_id):
    questions = trl_adapter.FirstTurns(env_id, 4, split="train", image_size=SIDE)
    env = gym.make(env_id, reply="text", split="train", image_size=SIDE)
    rows = trl_adapter.dataset_of(questions)
    assert len(rows) == 4
    for number, name in enumerate(questions.names):
        shown, info = env.reset(options={"episode": name})
        row = rows[number]
        assert np.array_equal(np.asarray(row["image"]), shown["image"])
        assert row["prompt"][-1]["content"] == [{"type": "image"}, {"type": "text", "text": shown["dialogue"]}]
        assert row["question"] == number and questions.kind(number) == info["scenario"]


def test_what_replies_come_to_is_logged_by_scenario():
    questions = trl_adapter.FirstTurns("ProactiveSuite-v0", 7, split="train", image_size=SIDE)
    episodes = [questions.desk.begin(name).episode for name in questions.names]
    replies = [completion(episode.texts[episode.answer]) for episode in episodes[:6]]
    asking = episodes[6].menu.of_kind(Kind.INTERVENTION)[0]
    replies.append(completion(episodes[6].texts[asking]))
    logged = {}
    trl_adapter.OutcomeReward(questions)(replies, question=range(7), log_metric=logged.__setitem__)
    assert logged["accuracy"] == pytest.approx(6 / 7) and logged["asked"] == pytest.approx(1 / 7)
    assert {name for name in logged if name.startswith("accuracy/")} == {
        f"accuracy/{episode.scenario}" for episode in episodes
    }
    assert logged[f"asked/{episodes[6].scenario}"] == 1.0 and logged[f"accuracy/{episodes[0].scenario}"] == 1.0


def test_an_empty_split_is_said_at_once():
    class Nothing(FixedEpisodes):
        def size(self, scenarios):
            return 0

    source = Nothing(ScenesSource(image_size=SIDE), 1)
    for making in (trl_adapter.FirstTurns, trl_episodes.Episodes):
        with pytest.raises(InputError, match="has no episode to train on: the split is empty"):
            making("ProactiveSketch-v0", source=source)


@pytest.mark.parametrize("r_p", [-0.1, 1.5, float("nan"), True, "0.5", None])
def test_what_a_request_pays_is_between_nothing_and_an_answer(r_p):
    questions = trl_adapter.FirstTurns("ProactiveSketch-v0", 1, image_size=SIDE)
    for making in (lambda: trl_adapter.OutcomeReward(questions, r_p), lambda: trl_episodes.EpisodeReward(r_p)):
        with pytest.raises(
            InputError, match=r"r_p, what a useful request pays, is .*, but must be a number from 0 to 1"
        ):
            making()


# --- Whole episodes ---------------------------------------------------------------------------------------------------


@every_id
def test_a_group_starts_from_one_episode_and_goes_its_own_ways(env_id):
    episodes = trl_episodes.Episodes(env_id, 7, split="train", image_size=SIDE)
    factories = episodes.factories()
    for row in episodes.dataset():
        group = [factories[row["environment"]]() for _ in range(3)]
        shown = [tools.reset(**row) for tools in group]
        assert all(np.array_equal(np.asarray(one[0]["image"]), np.asarray(shown[0][0]["image"])) for one in shown)
        assert len({one[1]["text"] for one in shown}) == 1
        episode = group[0].conversation.episode
        asked = group[0].conversation.episode.route(group[0].conversation.state)[0]
        seen = getattr(group[0], asked)()
        assert not np.array_equal(np.asarray(seen[0]["image"]), np.asarray(shown[0][0]["image"]))
        group[1].answer(episode.texts[episode.answer])
        rewards = trl_episodes.EpisodeReward(0.5)([completion("")] * 3, environments=group)
        assert [tools.conversation.state.outcome for tools in group[1:]] == [Outcome.CORRECT, Outcome.UNREADABLE]
        assert rewards[1:] == [1.0, 0.0]


def begun(scenario: str = "ProactiveOcclusion-v0"):
    episodes = trl_episodes.Episodes(scenario, 1, split="train", image_size=SIDE)
    row = episodes.dataset()[0]
    tools = episodes.factories()[row["environment"]]()
    tools.reset(**row)
    return tools


def test_asking_pays_once_and_only_the_end_decides():
    reward, calls = trl_episodes.EpisodeReward(0.5), [{"role": "assistant", "content": "", "tool_calls": ["…"]}]
    tools = begun()
    way = tools.conversation.episode.route(tools.conversation.state)
    getattr(tools, way[0])()
    assert reward([calls], environments=[tools]) == [0.5]  # it was cut off while it was asking
    while not tools.conversation.state.over:
        getattr(tools, way[0])()
    assert tools.conversation.state.requests > 1
    assert reward([calls], environments=[tools]) == [0.5]
    assert tools.answer("A") == [{"type": "text", "text": trl_tools.OVER}]  # polite, and of no effect
    tools = begun()
    getattr(tools, way[0])()
    tools.abstain()
    assert reward([calls], environments=[tools]) == [0.0]


def test_words_instead_of_a_call_are_the_reply():
    tools = begun()
    episode = tools.conversation.episode
    text = episode.texts[episode.answer]
    assert trl_episodes.EpisodeReward()([completion(f"It is {text}")], environments=[tools]) == [1.0]


def test_a_tool_that_is_not_on_offer_ends_the_episode():
    episodes = trl_episodes.Episodes("ProactiveImageQuality-v0", 5, split="train", image_size=SIDE)
    for row in episodes.dataset():
        tools = episodes.factories()[row["environment"]]()
        tools.reset(**row)
        menu = {option.name for option in tools.conversation.episode.menu}
        missing = [name for name in tools.desk.scenarios[0].interventions if name not in menu]
        assert getattr(tools, missing[0])() == [{"type": "text", "text": trl_tools.NOT_ON_OFFER}]
        assert tools.conversation.state.outcome is Outcome.UNREADABLE


@every_id
def test_tools_describe_themselves_to_a_chat_template(env_id):
    from transformers.utils import get_json_schema

    for name, factory in trl_episodes.Episodes(env_id, 1, image_size=SIDE).factories().items():
        tools = factory()
        interventions = next(one.interventions for one in tools.desk.scenarios if one.name == name)
        for tool, phrases in interventions.items():
            told = get_json_schema(getattr(tools, tool))["function"]
            assert told["name"] == tool and phrases[0] in told["description"]
            assert not told["parameters"]["properties"]
        assert get_json_schema(tools.answer)["function"]["parameters"]["required"] == ["choice"]


# --- A class from any id ----------------------------------------------------------------------------------------------


@every_id
def test_a_seed_starts_a_group_where_the_environment_starts(env_id):
    env = gym.make(env_id, reply="text", split="train", image_size=SIDE)
    environment = trl_episodes.environment_class(env_id, split="train", image_size=SIDE)
    names = set()
    for seed in range(3):
        shown, info = env.reset(seed=seed)
        names.add(info["episode"])
        for tools in (environment(), environment()):
            picture, words = tools.reset(seed=seed, prompt=[])
            assert np.array_equal(np.asarray(picture["image"]), shown["image"]) and words["text"] == shown["dialogue"]
            assert tools.conversation.episode.name == info["episode"]
            ((again, _),) = [tools.reset(episode=info["episode"])]
            assert np.array_equal(np.asarray(again["image"]), shown["image"])
    assert len(names) == 3


@every_id
def test_a_class_from_an_id_has_a_documented_method_per_intervention(env_id):
    import inspect

    from transformers.utils import get_json_schema

    environment = trl_episodes.environment_class(env_id, image_size=SIDE)
    wanted = {tool for scenario in environment.desk.scenarios for tool in scenario.interventions}
    # As TRL looks for them.
    methods = {name for name, _ in inspect.getmembers(environment, inspect.isfunction) if not name.startswith("_")}
    assert methods == wanted | {"reset", "answer", "abstain"}
    for tool in wanted:
        told = get_json_schema(getattr(environment(), tool))["function"]
        assert told["description"].startswith("Ask the user: ") and not told["parameters"]["properties"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"prompt": []}, r"A row with 'prompt' does not say where its group starts; give it a column 'seed' or"),
        ({"seed": -1}, "seed is -1"),
        ({"episode": "nothing"}, "nothing"),
    ],
)
def test_a_row_that_names_no_start_is_said(row, message):
    with pytest.raises(InputError, match=message):
        trl_episodes.environment_class("ProactiveSketch-v0", image_size=SIDE)().reset(**row)


# --- Runs -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Folders of tiny models by family; Qwen3-VL as TRL wants it for tools."""
    import trl

    tiny_models = pytest.importorskip("tests.tiny_models", reason="the tiny models are not here")
    templates = Path(trl.__file__).parent / "chat_templates"

    def with_tools(model, processor):
        words = processor.tokenizer
        processor.chat_template = (templates / "qwen3_vl.jinja").read_text()
        words.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]})
        words.add_tokens(["<tool_call>", "</tool_call>"])
        words.eos_token = "<|im_end|>"
        model.resize_token_embeddings(len(words), mean_resizing=False)
        model.generation_config.eos_token_id = words.eos_token_id

    folder = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("transformers.AutoProcessor.from_pretrained", tiny_models.load_processor)
        yield {
            "llava": tiny_models.save("llava", folder / "llava"),
            "qwen3_vl": tiny_models.save("qwen3_vl", folder / "qwen3_vl", with_tools),
        }


SMALL = {
    **{"episodes": 8, "generations": 4, "batch": 8, "device_batch": 4, "max_new_tokens": 4, "max_steps": 2},
    **{"save_steps": 1, "eval_episodes": 2, "image_size": SIDE, "learning_rate": 1e-2},
}


def recipe():
    from proactive_gym.recipes import grpo_mllm

    return grpo_mllm


def history(folder: Path) -> list[dict]:
    (last,) = folder.glob("checkpoint-2/trainer_state.json")
    return json.loads(last.read_text())["log_history"]


def test_a_model_is_trained_kept_resumed_and_evaluated(models, tmp_path):
    flags = recipe().Flags(model=str(models["llava"]), out=str(tmp_path / "run"), **SMALL)
    folder = recipe().train(flags)
    logged = history(folder)
    assert [entry["step"] for entry in logged if "reward" in entry] == [1, 2]
    assert {"reward", "accuracy", "asked", "unreadable"} <= logged[0].keys()
    assert any(name.startswith("accuracy/") for name in logged[0])
    assert list(folder.glob("**/events.out.tfevents*"))  # TensorBoard's
    settings = json.loads((folder / "model" / "adapter_config.json").read_text())
    assert (settings["r"], settings["lora_alpha"], settings["lora_dropout"]) == (16, 16, 0.1)
    assert sorted(settings["target_modules"]) == ["k_proj", "q_proj"]
    summary = (folder / "evaluation" / "summary.csv").read_text()
    assert "hf:llava+model" in summary and (folder / "evaluation" / "report.html").exists()

    # A kill in the midst of writing leaves a checkpoint without its state; training goes on from the one before.
    (folder / "checkpoint-2" / "trainer_state.json").unlink()
    (folder / "trained.txt").unlink()
    from proactive_gym.training.grpo import last_checkpoint

    assert last_checkpoint(folder) == str(folder / "checkpoint-1")
    recipe().train(flags)
    assert [entry["step"] for entry in history(folder) if "reward" in entry] == [1, 2]
    with pytest.raises(InputError, match=r"holds a run with r_p=0\.5, but now it is 1\.0"):
        recipe().train(recipe().Flags(model=str(models["llava"]), out=str(folder), r_p=1.0, **SMALL))


@pytest.fixture
def turns(monkeypatch):
    """Has a trainer's model ask, answer rightly and take its leave; how many pictures each turn had, by lane.

    A random model never calls a tool. It runs too, on all pictures.
    """
    import trl

    generate, seen = trl.GRPOTrainer._generate_single_turn, []

    def scripted(self, prompt_ids, images, *more, **told):
        self.generation_config.max_new_tokens = 2
        seen.append([len(shown) for shown in images])
        _, chances = generate(self, prompt_ids, images, *more, **told)
        if len(seen) == 1:
            ways = [tools.conversation.episode.route(tools.conversation.state)[0] for tools in self.environments]
            calls = [{"name": way, "arguments": {}} for way in ways]
        else:
            right = [tools.conversation.episode for tools in self.environments]
            calls = [{"name": "answer", "arguments": {"choice": one.texts[one.answer]}} for one in right]
        words = [f"<tool_call>\n{json.dumps(call)}\n</tool_call><|im_end|>" for call in calls]
        if len(seen) == 3:
            words = ["Bye.<|im_end|>"] * len(calls)
        encode = self.processing_class.tokenizer
        return [encode(text, add_special_tokens=False)["input_ids"] for text in words], chances

    monkeypatch.setattr(trl.GRPOTrainer, "_generate_single_turn", scripted)
    return seen


def check_played(turns: list[list[int]], logged: dict) -> None:
    assert turns[0] == [1] * 4 and turns[1] == [2] * 4  # the second picture is the one that was asked for
    assert logged["tools/call_frequency"] == 2 and logged["tools/failure_frequency"] == 0
    assert logged["reward"] == 1 and logged["accuracy"] == 1 and logged["requests"] == 1


def test_whole_episodes_are_played_in_groups(models, tmp_path, turns):
    changes = {"batch": 4, "turns": 3, "max_new_tokens": 900, "max_steps": 1, "eval_episodes": 0}
    flags = recipe().Flags(model=str(models["qwen3_vl"]), out=str(tmp_path / "run"), **{**SMALL, **changes})
    folder = recipe().train(flags)
    (state,) = folder.glob("checkpoint-1/trainer_state.json")
    check_played(turns, json.loads(state.read_text())["log_history"][0])


def test_a_class_from_an_id_goes_through_a_trainer_of_ones_own(models, tmp_path, turns):
    import datasets
    import trl
    from transformers import AutoModelForImageTextToText, AutoProcessor

    rows = datasets.Dataset.from_dict({"prompt": [[{"role": "user", "content": ""}]] * 2, "seed": [5, 6]})
    environment = trl_episodes.environment_class("ProactiveSuite-v0", split="train", image_size=SIDE)
    chosen = {"max_steps": 1, "num_generations": 4, "per_device_train_batch_size": 4, "max_completion_length": 900}
    chosen |= {"max_tool_calling_iterations": 3, "logging_steps": 1, "save_strategy": "no", "bf16": False}
    trainer = trl.GRPOTrainer(
        AutoModelForImageTextToText.from_pretrained(models["qwen3_vl"]),
        trl_episodes.EpisodeReward(),
        trl.GRPOConfig(output_dir=str(tmp_path), use_cpu=True, report_to="none", **chosen),
        rows,
        processing_class=AutoProcessor.from_pretrained(models["qwen3_vl"]),
        environment_factory=environment,
    )
    trainer.train()
    check_played(turns, trainer.state.log_history[0])
    env = gym.make("ProactiveSuite-v0", reply="text", split="train", image_size=SIDE)
    begun = {env.reset(seed=seed)[1]["episode"] for seed in (5, 6)}
    (played,) = {tools.conversation.episode.name for tools in trainer.environments}  # a group, of one of the rows
    assert played in begun


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"r_p": 1.5}, r"r_p, what a useful request pays, is 1\.5"),
        ({"batch": 6}, "batch is 6 and generations 4"),
        ({"generations": 1}, "generations is 1"),
        ({"episodes": 0}, "episodes is 0"),
        ({"learning_rate": 0.0}, "learning_rate is 0"),
        ({"split": "exam"}, "'exam'"),
        ({"env": "ProactiveNothing-v0"}, "no environment 'ProactiveNothing-v0'"),
        ({"model": "./nowhere"}, r"no folder '\./nowhere'"),
        ({"data": "official"}, "data_dir"),
        ({"turns": 2}, "cannot be trained on whole episodes"),
    ],
)
def test_what_would_not_work_is_said_before_training(models, tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        recipe().train(
            recipe().Flags(**{"model": str(models["llava"]), "out": str(tmp_path / "run"), **SMALL, **changes})
        )


def test_a_model_that_does_not_fit_is_refused_before_it_is_loaded(models, tmp_path, monkeypatch):
    from proactive_gym.training import grpo

    monkeypatch.setattr(grpo, "_memory", lambda: (1e5, "this machine"))
    monkeypatch.setattr(grpo, "load", lambda *_: pytest.fail("it was loaded"))
    with pytest.raises(InputError, match=r"billion weights, which take .* GB in float32 .* this machine has 0 GB free"):
        recipe().train(recipe().Flags(model=str(models["llava"]), out=str(tmp_path / "run"), **SMALL))


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match=r"is not empty, and no training run"):
        recipe().train(recipe().Flags(out=str(tmp_path)))
