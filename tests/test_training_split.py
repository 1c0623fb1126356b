"""The official training split: read row by row, and every fault in it named."""

import io
import sys
import warnings

import numpy as np
import pytest
from PIL import Image

from proactive_gym import InputError
from proactive_gym.errors import PictureError
from proactive_gym.sources.proactivebench.training import AT_ONCE, number_of_training_rows, training_rows

pyarrow = pytest.importorskip("pyarrow", reason="needs pyarrow, which the extras `dev` and `trl` bring")
parquet = pytest.importorskip("pyarrow.parquet")

PART = pyarrow.struct({"type": pyarrow.string(), "text": pyarrow.string()})
DELTA = pyarrow.list_(pyarrow.struct({"key": pyarrow.string(), "value": pyarrow.float32()}))
SCHEMA = pyarrow.schema(
    {
        "prompt": pyarrow.list_(pyarrow.struct({"role": pyarrow.string(), "content": pyarrow.list_(PART)})),
        "ground_truth": pyarrow.string(),
        "proactive_actions": pyarrow.list_(pyarrow.string()),
        "options": pyarrow.list_(pyarrow.string()),
        "images": pyarrow.list_(pyarrow.struct({"bytes": pyarrow.binary(), "path": pyarrow.string()})),
        "qwen_conf": pyarrow.float32(),
        "qwen_delta": DELTA,
    }
)
"""As the hub lays it out."""


def encoded(number: int, kind: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (20 + number, 10), (number, 100, 200)).save(stream, kind)
    return stream.getvalue()


def row(number: int, **changes) -> dict:
    question = {"type": "text", "text": f"What is number {number}? Choose from the following options."}
    return {
        "prompt": [{"role": "user", "content": [{"type": "image", "text": None}, question]}],
        "ground_truth": "Banana.",
        "proactive_actions": ["Add more details."] if number % 2 else [],
        "options": ["Add more details.", "I cannot tell.", "Banana.", "Orange."],
        "images": [{"bytes": encoded(number % 100), "path": f"{number}.png"}],
        "qwen_conf": 0.5,
        "qwen_delta": [{"key": "Add more details.", "value": 0.1}],
        **changes,
    }


def written(folder, rows, name="train-00000-of-00001.parquet", schema=SCHEMA):
    parquet.write_table(pyarrow.Table.from_pylist(rows, schema=schema), folder / name)
    return folder


def test_rows_come_one_by_one_through_all_files(tmp_path):
    written(tmp_path, [row(number) for number in range(AT_ONCE + 3)], "train-00000-of-00002.parquet")
    written(tmp_path, [row(number) for number in range(50, 55)], "train-00001-of-00002.parquet")
    rows = list(training_rows(tmp_path))
    assert len(rows) == number_of_training_rows(tmp_path) == AT_ONCE + 8
    assert [one.name for one in rows] == [f"proactivebench/train/{number}" for number in range(len(rows))]
    third, last = rows[3], rows[-1]
    assert third.text == "What is number 3? Choose from the following options."
    assert third.prompt[0]["role"] == "user" and third.prompt[0]["content"][0]["type"] == "image"
    assert (third.ground_truth, third.interventions) == ("Banana.", ("Add more details.",))
    assert third.options == ("Add more details.", "I cannot tell.", "Banana.", "Orange.")
    (picture,) = last.pictures
    assert picture.shape == (10, 74, 3) and picture.dtype == np.uint8 and (picture[0, 0] == (54, 100, 200)).all()


def test_a_row_is_read_when_it_is_asked_for(tmp_path):
    rows = [row(number) for number in range(3)]
    rows[2]["ground_truth"] = ""
    reading = training_rows(written(tmp_path, rows))
    assert next(reading).interventions == () and next(reading).name.endswith("/1")
    with pytest.raises(InputError, match=r"train-00000-of-00001\.parquet, row 2: the field 'ground_truth' is ''"):
        next(reading)


def bomb() -> bytes:
    """The head of a picture of 2^30 pixels, of which not one is there."""
    held = bytearray(encoded(0, "BMP"))
    held[18:26] = (2**15).to_bytes(4, "little") * 2
    return bytes(held)


WRONG = {
    "no prompt": ({"prompt": None}, "'prompt' is None, but must be messages"),
    "no messages": ({"prompt": []}, "'prompt' is"),
    "no role": ({"prompt": [{"role": None, "content": []}]}, "'prompt' is"),
    "no parts": ({"prompt": [{"role": "user", "content": None}]}, "'prompt' is"),
    "no kind": ({"prompt": [{"role": "user", "content": [{"type": None, "text": "x"}]}]}, "'prompt' is"),
    "no truth": ({"ground_truth": None}, "'ground_truth' is None, but must be a text"),
    "no options": ({"options": []}, "'options' is .*, but must be a list of at least 1 text"),
    "empty intervention": ({"proactive_actions": [" "]}, "'proactive_actions' is"),
    "no pictures": ({"images": []}, "'images' is .*, but must be a list of at least 1 picture"),
    "a path": ({"images": [{"bytes": None, "path": "/etc/passwd"}]}, "picture 0 is not in the file"),
    "empty picture": ({"images": [{"bytes": b"", "path": None}]}, "picture 0 cannot be read: it is empty"),
    "text": ({"images": [{"bytes": b"no picture", "path": None}]}, "none of JPEG, PNG"),
    "torn": ({"images": [{"bytes": encoded(1)[:40], "path": None}]}, "picture 0 cannot be read"),
    "bomb": ({"images": [{"bytes": bomb(), "path": None}]}, "picture 0 .*(pixels|exceeds limit)"),
    "second": ({"images": [{"bytes": encoded(1), "path": None}, {"bytes": b"", "path": None}]}, "picture 1"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_row_is_named_with_file_row_and_field(tmp_path, name):
    changes, said = WRONG[name]
    written(tmp_path, [row(0), row(1, **changes)])
    with pytest.raises(InputError, match=said) as raised, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        list(training_rows(tmp_path))
    assert "row 1" in str(raised.value) and len(str(raised.value)) < 500
    assert isinstance(raised.value, PictureError) == (("picture" in said and "list" not in said) or name == "text")


def test_a_picture_of_too_many_bytes_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("proactive_gym.sources.proactivebench.training.LARGEST", 50)
    with pytest.raises(PictureError, match="more than the 50 that are read"):
        list(training_rows(written(tmp_path, [row(0)])))


def test_files_that_are_no_training_split(tmp_path):
    with pytest.raises(InputError, match=r"holds no train-\*\.parquet; .*--train"):
        training_rows(tmp_path)
    written(tmp_path, [{"prompt": []}], schema=pyarrow.schema([SCHEMA.field("prompt")]))
    with pytest.raises(InputError, match="lacks the column 'ground_truth'"):
        list(training_rows(tmp_path))
    whole = (written(tmp_path, [row(0)]) / "train-00000-of-00001.parquet").read_bytes()
    for held in (b"", b"PAR1", whole[:-20], whole[: len(whole) // 2], whole[:200] + bytes(300) + whole[500:]):
        (tmp_path / "train-00000-of-00001.parquet").write_bytes(held)
        with pytest.raises(InputError, match="parquet"):
            list(training_rows(tmp_path))


def test_without_pyarrow_it_says_what_to_install(tmp_path, monkeypatch):
    written(tmp_path, [row(0)])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"install proactive-gym\[trl\]"):
        list(training_rows(tmp_path))
