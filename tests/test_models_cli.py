"""Models of transformers from the command line, on tiny ones."""

from __future__ import annotations

import json
import re
import shutil

import pytest

pytest.importorskip("transformers")
import tiny_models
import transformers as tf
from huggingface_hub import constants

from proactive_gym.agents import hf_prompts
from proactive_gym.agents.asking import THINK
from proactive_gym.cli import main
from proactive_gym.envs.sketch import Sketch

ENV = "ProactiveSketch-v0"
HINT = Sketch.hint


@pytest.fixture(autouse=True)
def _processors_without_torchvision(monkeypatch):
    monkeypatch.setattr(tf.AutoProcessor, "from_pretrained", tiny_models.load_processor)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_models.save("llava", tmp_path_factory.mktemp("models") / "llava")


@pytest.fixture
def asked(monkeypatch):
    """The prompts that reach the processor for the episodes, and how many pictures each comes with."""
    prompts, encode = [], hf_prompts.Prompts.encode

    def noted(self, texts, shown):
        prompts.extend((text, len(here)) for text, here in zip(texts, shown, strict=True))
        return encode(self, texts, shown)

    monkeypatch.setattr(hf_prompts.Prompts, "encode", noted)
    return prompts


def evaluated(model, out, *more):
    """What the run directory holds: the configuration, the episodes."""
    given = ("--device", "cpu", "--dtype", "float32", "--max-new-tokens", "5", "--image-size", "64")
    status = main(["eval", "--agent", f"hf:{model}", "--env", ENV, "--episodes", "6", "--out", str(out), *given, *more])
    assert status == 0
    lines = (out / "episodes.jsonl").read_text(encoding="utf-8").splitlines()
    configuration = json.loads((out / "run.json").read_text(encoding="utf-8"))["configuration"]
    return configuration, [json.loads(line) for line in lines]


@pytest.mark.parametrize(
    ("words", "setting"),
    [
        ((), {}),
        (("--decide", "letter"), {"decide": "letter"}),
        (("--decide", "generate", "--temperature", "1.5", "--sampling-seed", "3"), {"temperature": 1.5, "seed": 3}),
        (("--tools",), {"tools": True}),
        (("--thought",), {"thought": True}),
        (("--decide", "letter", "--history", "images"), {"decide": "letter", "history": "images"}),
        (("--decide", "letter", "--history", "text"), {"decide": "letter", "history": "text"}),
        (("--shots", "1"), {}),
        (("--hint",), {}),
        (("--attention", "eager"), {"attention": "eager"}),
    ],
    ids=" ".join,
)
def test_every_manner_of_asking_can_be_typed(folder, tmp_path, asked, words, setting):
    configuration, episodes = evaluated(folder, tmp_path / "run", *words)
    assert len(episodes) == 6 and not any(row.get("error") for row in episodes)
    described = configuration["models"]["hf:llava"]
    assert {name: described[name] for name in setting} == setting
    texts = [text for text, _ in asked]
    pictures = [number for _, number in asked]
    first = asked[-6:]
    assert any(THINK in text for text in texts) == ("--thought" in words)
    assert any(text.startswith("TOOLS") for text in texts) == ("--tools" in words)
    assert any(HINT in text for text in texts) == ("--hint" in words)
    assert all(text.count("<image>") == number for text, number in asked)
    if "--shots" in words:
        assert all(number >= 2 for _, number in first)
    if "--history" in words:
        assert any(text.count("assistant:") > 2 for text in texts)
        assert (max(pictures) > 1) == ("images" in words)


def replies(episodes):
    return [row["replies"] for row in episodes]


def test_a_short_name_finds_what_the_hub_has_left_on_this_machine(folder, tmp_path, monkeypatch):
    kept, commit = tmp_path / "hub" / "models--llava-hf--llava-1.5-7b-hf", "0123456789abcdef0123456789abcdef01234567"
    shutil.copytree(folder, kept / "snapshots" / commit)
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text(commit, encoding="utf-8")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    configuration, by_short_name = evaluated("llava-1.5-7b", tmp_path / "run")
    described = configuration["models"]["hf:llava-hf/llava-1.5-7b-hf"]
    assert (described["checkpoint"], described["commit"]) == ("llava-hf/llava-1.5-7b-hf", commit)
    _, by_folder = evaluated(folder, tmp_path / "other")
    _, by_name = evaluated("llava-hf/llava-1.5-7b-hf@main", tmp_path / "third")
    assert replies(by_name) == replies(by_short_name) == replies(by_folder)


def without_weights(folder):
    (folder / "model.safetensors").unlink()


def text_only(folder):
    (folder / "config.json").write_text('{"model_type": "llama"}', encoding="utf-8")


def blind(folder):
    (folder / "processor_config.json").unlink()


def dropping(folder):
    template = tiny_models.template("")
    (folder / "chat_template.jinja").write_text(template, encoding="utf-8")


def cut_short(folder):
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])


def left_in_git(folder):
    (folder / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (without_weights, "holds no weights"),
        (text_only, "of the kind 'llama'"),
        (blind, "no processor for pictures|takes no pictures"),
        (dropping, "do not pass on a picture"),
        (cut_short, "cannot be loaded; look at its files"),
        (left_in_git, "git lfs pull"),
    ],
)
def test_what_is_wrong_is_said_before_any_episode(folder, tmp_path, capsys, spoil, told):
    copied = tmp_path / "401 restricted"  # a folder's name is nothing that the hub has said
    shutil.copytree(folder, copied)
    spoil(copied)
    refused(["--agent", f"hf:{copied}"], tmp_path, capsys, told)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--agent", "hf:qwen2.5-vl-3"], "did you mean 'qwen2.5-vl-3b'"),
        (["--agent", "hf:"], "lacks its model"),
        (["--agent", "hf:FOLDER", "--decide", "letter", "--thought"], "no place"),
        (["--agent", "hf:FOLDER", "--decide", "letter", "--tools"], "no place"),
        (["--agent", "hf:FOLDER", "--decide", "letter", "--reply", "open"], "0 options on offer"),
        (["--agent", "hf:FOLDER", "--decide", "words"], "decide"),
        (["--agent", "hf:FOLDER", "--temperature", "-1"], "temperature is -1.0"),
        (["--agent", "hf:FOLDER", "--adapter", "nowhere"], "The adapter 'nowhere' cannot be had"),
        (["--agent", "hf:FOLDER", "--device-map", "auto"], "only one of them"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_settings_that_cannot_be_are_refused(folder, tmp_path, capsys, words, told):
    refused([word.replace("FOLDER", str(folder)) for word in words], tmp_path, capsys, told)


def refused(words, out, capsys, told):
    run = ["--env", ENV, "--episodes", "2", "--image-size", "64", "--device", "cpu", "--out", str(out / "run")]
    assert main(["eval", *words, *run]) == 1
    (said,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("proactive-gym:")]
    assert re.search(told, said)
    episodes = out / "run" / "episodes.jsonl"
    assert not episodes.exists() or not episodes.read_text(encoding="utf-8")
