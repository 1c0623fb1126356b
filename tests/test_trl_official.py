"""The official training split for GRPO, from a file of the published form."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from proactive_gym import InputError

pytestmark = pytest.mark.trl

pytest.importorskip("datasets")
trl_official = pytest.importorskip("proactive_gym.adapters.trl_official")

MENU = ["Draw more.", "I cannot answer.", "Rewind the video.", "A cat.", "A dog."]


def a_row(number: int, **changes) -> dict:
    pixels = np.random.default_rng(number).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    encoded = BytesIO()
    Image.fromarray(pixels).save(encoded, "PNG")
    text = "What is this?\n" + "\n".join(f"{chr(65 + place)}. {option}" for place, option in enumerate(MENU))
    return {
        "prompt": [{"role": "user", "content": [{"type": "image", "text": None}, {"type": "text", "text": text}]}],
        "ground_truth": "A cat.",
        "proactive_actions": ["Draw more."],
        "options": MENU,
        "images": [{"bytes": encoded.getvalue(), "path": None}],
        **changes,
    }


def split_of(folder, rows) -> str:
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.Table.from_pylist(rows), folder / "train-00000-of-00001.parquet")
    return str(folder)


def said(text: str) -> list[dict]:
    return [{"role": "assistant", "content": text}]


def test_rows_are_streamed_and_replies_read(tmp_path):
    split = trl_official.OfficialSplit(split_of(tmp_path, [a_row(number) for number in range(5)]))
    rows = list(split.dataset())
    assert split.rows == len(rows) == 5
    assert rows[0]["prompt"][0]["content"][0] == {"type": "image"}
    assert [image.size for image in rows[0]["images"]] == [(16, 12)]
    replies = ["A cat.", "D", "Draw more.", "A", "E", "B. I cannot answer.", "Rewind the video.", "Perhaps."]
    told = {name: [rows[0][name]] * len(replies) for name in ("menu", "right", "helping")}
    logged = {}
    reward = trl_official.RowReward(0.75)
    paid = reward([said(text) for text in replies], **told, log_metric=logged.__setitem__)
    assert paid == [1, 1, 0.75, 0.75, 0, 0, 0, 0]
    assert logged["accuracy"] == 0.25 and logged["unreadable"] == 0.125


def test_a_prompt_without_a_place_for_its_picture_gets_one(tmp_path):
    prompt = [{"role": "user", "content": [{"type": "text", "text": "What is this?"}]}]
    split = trl_official.OfficialSplit(split_of(tmp_path, [a_row(0, prompt=prompt)]))
    (row,) = split.dataset()
    assert [part["type"] for part in row["prompt"][0]["content"]] == ["image", "text"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ground_truth": "A whale."}, r"train/0: the right answer 'A whale\.' is none of its options"),
        ({"images": a_row(0)["images"] * 2}, "places for 1 pictures, but there are 2"),
    ],
)
def test_rows_that_cannot_be_trained_on_are_named(tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        trl_official.OfficialSplit(split_of(tmp_path, [a_row(0, **changes)]))


def test_an_empty_split_is_said_at_once(tmp_path):
    with pytest.raises(InputError, match=r"holds no train-\*\.parquet"):
        trl_official.OfficialSplit(tmp_path)


def test_a_model_is_trained_on_it(tmp_path, monkeypatch):
    tiny_models = pytest.importorskip("tests.tiny_models")
    from proactive_gym.recipes import grpo_mllm

    (tmp_path / "data").mkdir()
    split_of(tmp_path / "data", [a_row(number) for number in range(4)])
    monkeypatch.setattr("transformers.AutoProcessor.from_pretrained", tiny_models.load_processor)
    model = tiny_models.save("llava", tmp_path / "llava")
    flags = grpo_mllm.Flags(
        **{"model": str(model), "out": str(tmp_path / "run"), "data": "official", "data_dir": str(tmp_path)},
        **{"generations": 2, "batch": 4, "device_batch": 4, "max_new_tokens": 4, "eval_episodes": 0, "save_steps": 1},
    )
    folder = grpo_mllm.train(flags)
    assert (folder / "checkpoint-2" / "trainer_state.json").exists()  # 4 rows, two replies each, four at a time
