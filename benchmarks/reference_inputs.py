"""What both sides of the comparison get: rows in the official layout with their pictures, and a checkpoint."""

import json
import os
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np
import torch
import transformers
from PIL import Image

from proactive_gym.sources.proactivebench.layout import filtered_ids, rows_file

sys.path.append(str(Path(__file__).parents[1] / "tests"))
import tiny_models
from differential.finding import FOLDER, RELEASE, fetch
from differential.rows import CATEGORIES, random_row

POOL = 12
"""Pictures of a data set; each row has its own files, which are links to these."""
SIDES = {"ImageNet-C": (224, 224), "MVP-N": (224, 224), "QuickDraw": (256, 256)}
"""Widths and heights; 640 × 480 elsewhere."""
ROWS: dict[str, dict[str, Any]] = {
    "Realistic-Occlusion-Dataset": {"num_images": 14, "first_image": 6, "reference_image": 0},
    "OcclusionDataSet-MM20": {"num_images": 40, "first_image": 17, "reference_image": 3},
    "MVP-N": {"num_images": 7, "valid_images": [3, 1, 4, 0, 5, 9, 2], "first_image": 3, "reference_image": 9},
    "ImageNet-C": {"num_images": 5, "first_image": 5, "reference_image": 1},
    "QuickDraw": {"num_images": 6, "first_image": 0, "reference_image": 5},
    "ChangeIt": {"num_images": 60, "first_image": 12, "step_size": 6, "max_steps": 10, "reference_image": 40},
    "coco2014": {
        **{"num_images": 1, "first_image": 0, "reference_image": 0, "granularity": 5},
        **{"horizontal_step": 30, "vertical_step": 20},
        "crop": {"left": 200, "top": 150, "width": 440, "height": 330},
    },
}
"""Numbers of ordinary rows."""
TEMPLATES = {"MVP-N": "{row}/{informative}_{image}.jpg", "ImageNet-C": "{row}/{level}.jpg", "coco2014": "{row}/0.jpg"}


LETTERS = "ABCDEF"
WORDS = "Please move the block to the left picture animal line last Think Which"
ASKED = "Please only return one of the options without any other words."
SHORTEST, LONGEST = 3, 12
RELUCTANCE, FAR = 0.8, 40.0
"""How unlikely an end is at each step, and what does not follow at all, in standard deviations."""
EXAMPLES = 64
CLEAR = 6.0
"""How much louder a token says what follows it than the layers say which."""


class Size(NamedTuple):
    """How large a checkpoint is.

    Attributes:
        width: Of the language model.
        depth: Layers of the language model.
        eye: Width of the vision model.
        picture: Side of the pictures it sees, in pixels; there is a token for each 14 × 14.
    """

    width: int
    depth: int
    eye: int
    picture: int


SIZES = {"tiny": Size(64, 2, 32, 56), "small": Size(256, 6, 128, 112), "medium": Size(512, 10, 256, 224)}


def package() -> Path:
    """The folder with the benchmark's package."""
    if FOLDER in os.environ:
        return Path(os.environ[FOLDER])
    kept = Path(tempfile.gettempdir()) / f"proactivebench-{RELEASE}"
    problem = None if kept.is_dir() else fetch(sys.executable, kept)
    if problem is not None:
        sys.exit(f"The benchmark's package is not here: {problem}. {FOLDER} may name a folder with it.")
    return kept


def write_rows(folder: Path, one_in: int, seed: int = 0) -> list[str]:
    """One in so many of the rows that the published numbers are of, data set by data set; the data sets' names."""
    for data_set, fixed in ROWS.items():
        pool = _pictures(folder / data_set, SIDES.get(data_set, (640, 480)))
        random = Random(f"{seed}/{data_set}")
        with (folder / rows_file(data_set)).open("w", encoding="utf-8") as stream:
            for row_id in sorted(filtered_ids()[data_set])[::one_in]:
                row = {**random_row(random, data_set, row_id, odd=False), **fixed}
                row["categories"] = random.sample(CATEGORIES, 4)
                row["answer"] = random.choice(row["categories"])
                row["image_template"] = f"{data_set}/{_template(data_set, row_id)}"
                _link(folder / data_set / str(row_id), _names(data_set, row), pool)
                stream.write(json.dumps(row) + "\n")
    return list(ROWS)


def _template(data_set: str, row_id: int) -> str:
    return TEMPLATES.get(data_set, "{row}/{image}.jpg").replace("{row}", str(row_id))


def _pictures(folder: Path, size: tuple[int, int]) -> list[Path]:
    """Files with soft colours, of about the size in bytes that photographs have."""
    folder.mkdir(parents=True)
    files = []
    for number in range(POOL):
        files.append(folder / f"pool{number}.jpg")
        _soft(number).resize(size, Image.Resampling.BICUBIC).save(files[-1], quality=90)
    return files


def _soft(number: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(number).integers(0, 256, (24, 32, 3), dtype=np.uint8))


def _names(data_set: str, row: dict[str, Any]) -> list[str]:
    """What the files are called that a row can show."""
    if data_set == "MVP-N":
        return [f"{informative}_{view:04}" for view in row["valid_images"] for informative in (0, 1)]
    padded = data_set in ("OcclusionDataSet-MM20", "QuickDraw")
    return [f"{number:04}" if padded else str(number) for number in range(row["num_images"] + 1)]


def _link(folder: Path, names: list[str], pool: list[Path]) -> None:
    folder.mkdir()
    for number, name in enumerate(names):
        os.link(pool[number % len(pool)], folder / f"{name}.jpg")


def make_checkpoint(folder: Path, size: Size, long: bool) -> int:
    """A LLaVA of random weights in the folder; how many weights it has.

    Args:
        folder: Where.
        size: How large.
        long: Whether it goes on until it is cut off at 50 tokens; else it says a letter and a few words.
    """
    torch.manual_seed(0)
    _, processor = tiny_models.llava()
    processor.image_processor.size = {"shortest_edge": size.picture}
    processor.image_processor.crop_size = {"height": size.picture, "width": size.picture}
    heads = {"num_attention_heads": size.width // 32, "num_key_value_heads": size.width // 32}
    config = transformers.LlavaConfig(
        vision_config=transformers.CLIPVisionConfig(
            hidden_size=size.eye, intermediate_size=4 * size.eye, num_hidden_layers=4, patch_size=14,
            num_attention_heads=size.eye // 32, image_size=size.picture, projection_dim=size.eye,
        ),
        text_config=transformers.LlamaConfig(
            vocab_size=len(processor.tokenizer),
            **tiny_models.TEXT
            | heads
            | {"hidden_size": size.width, "intermediate_size": 4 * size.width, "num_hidden_layers": size.depth},
        ),
        image_token_index=processor.tokenizer.image_token_id,
        tie_word_embeddings=False,
    )  # fmt: skip
    model = transformers.LlavaForConditionalGeneration(config)
    for weights in model.parameters():
        if weights.dim() > 1:
            torch.nn.init.normal_(weights, std=1.2 / weights[0].numel() ** 0.5)
    _teach(model.eval(), processor, long)
    model.generation_config.pad_token_id = 0
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return sum(weights.numel() for weights in model.parameters())


# --- What it replies --------------------------------------------------------------------------------------------------


@torch.no_grad()
def _teach(model: Any, processor: Any, long: bool) -> None:
    """Have a letter follow the prompt, a full stop the letter, then words, and an end sooner or later.

    What a token is followed by stands in its embedding, in a direction of its own. Which of several, and so the letter
    and the length, is left to what the layers make of words and pictures: those parts are balanced on examples.
    """
    steps = _steps(processor.tokenizer, long)
    meant, said = model.get_input_embeddings().weight, model.lm_head.weight
    width = meant.shape[1]
    directions = torch.linalg.qr(torch.randn(width, len(steps)))[0].T
    said *= 0.0
    for direction, (tokens, following) in zip(directions, steps, strict=True):
        meant[tokens] = CLEAR * width**0.5 * direction
        said[following] += direction
    chosen = {token: 0.2 * torch.randn(width) for _, following in steps if len(following) > 1 for token in following}
    for token, part in chosen.items():
        chosen[token] = part - part @ directions.T @ directions
        said[token] += chosen[token]
    seen = _seen(model, processor, [tokens[0] for tokens, _ in steps[1:]])
    for states, direction, (_, following) in zip(seen.unbind(1), directions, steps, strict=True):
        for token, part in chosen.items():
            scores = states @ part
            reluctance = FAR if token not in following else RELUCTANCE if len(following) == 2 else 0.0
            said[token] -= (scores.mean() + reluctance * scores.std()) / (states @ direction).mean() * direction


def _steps(tokenizer: Any, long: bool) -> list[tuple[list[int], list[int]]]:
    """Tokens, and what may follow them."""
    letters, stop, end = (
        [_token(tokenizer, letter) for letter in LETTERS],
        _token(tokenizer, "."),
        tokenizer.eos_token_id,
    )
    words = list(dict.fromkeys(tokenizer.encode(WORDS, add_special_tokens=False)))[:LONGEST]
    between = [
        ([word], [after] if long or place < SHORTEST else [after, end])
        for place, (word, after) in enumerate(pairwise(words))
    ]
    last = ([words[-1]], words[:1] if long else [end])
    return [([_token(tokenizer, "assistant:")], letters), (letters, [stop]), ([stop], words[:1]), *between, last]


def _seen(model: Any, processor: Any, reply: list[int]) -> torch.Tensor:
    """What the last layer makes of the prompt's last token and of the reply, ``(examples, 1 + len(reply), width)``."""
    random, found = Random(0), []
    tail = torch.tensor([reply])
    for _ in range(EXAMPLES):
        menu = "\n".join(
            f"{letter}. {text}" for letter, text in zip("ABCDEFG", random.sample(CATEGORIES, 7), strict=True)
        )
        picture = np.array(_soft(random.randrange(10**6)).resize((224, 224)))
        question = "What is this? Choose from the following options. Options:"
        text = f"user: <image>\n{question}\n{menu}\n{ASKED}\nassistant:"
        inputs = processor(text=[text], images=[picture], return_tensors="pt")
        inputs["input_ids"] = torch.cat([inputs["input_ids"], tail], 1)
        inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
        states = model.model(**inputs).last_hidden_state
        found.append(states[0, -len(reply) - 1 :])
    return torch.stack(found)


def _token(tokenizer: Any, text: str) -> int:
    return int(tokenizer.encode(text, add_special_tokens=False)[-1])
