"""Writes an imitation of the official files, in their layout and of their size, with tiny pictures.

    python tests/full_size.py FOLDER

Each data set gets as many rows as the raw files have by their largest id; the published ones have all their pictures,
the others none. Menus, numbers of pictures and turns are as the paper describes them.
"""

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image

from proactive_gym.sources.proactivebench.layout import DATA_SETS, filtered_ids, rows_file

Row = dict[str, Any]

ABSTENTIONS = ("I cannot tell.", "I cannot answer this question.", "I do not know what is this object.")
WORDS = (
    *("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron"),
    *("inlet", "jetty", "knoll", "larch", "marsh", "north", "oasis", "petal"),
)
REPAIRS = (
    *("Reduce brightness.", "Increase the contrast.", "Lower the saturation.", "Deblur the image."),
    *("Denoise the image.", "Reduce the compression.", "Increase image resolution.", "Remove the artifacts."),
)
SIDES = {
    "left": "Move the camera to the left.",
    "right": "Move the camera to the right.",
    "up": "Move the camera up.",
    "down": "Move the camera down.",
    "zoom": "Move farther from the object.",
}
DIRECTIONS = ("left", "right", "up", "down", "left_up", "right_up", "left_down", "right_down", "zoom")
SIZE = (24, 24)


def write_full_size(folder: Path, only_published: bool = False, share: float = 1.0, with_pictures: bool = True) -> Path:
    """Write rows and pictures of all seven data sets.

    Args:
        folder: An existing folder.
        only_published: Leave out the rows that the published numbers are not of.
        share: Write only so much of each data set's beginning.
        with_pictures: Whether the published rows have pictures.
    """
    random = Random(0)
    pictures = {kind: _tiny(kind) for kind in ("PNG", "JPEG")}
    for dataset in DATA_SETS:
        published = filtered_ids()[dataset]
        with (folder / rows_file(dataset)).open("w", encoding="utf-8") as file:
            ids = sorted(published) if only_published else range(max(published) + 1)
            for number in ids[: round(share * len(ids)) or 1]:
                row = _row(random, dataset, number)
                if dataset == "OcclusionDataSet-MM20":
                    row["strong_occlusions"] = number in published or number % 7 == 0
                file.write(json.dumps(row) + "\n")
                if with_pictures and number in published:
                    _write_pictures(folder, _files(row), pictures)
    return folder


def _row(random: Random, dataset: str, number: int) -> Row:
    asking, special = ROWS[dataset](random, number)
    options = [*asking, random.choice(ABSTENTIONS)]
    random.shuffle(options)
    categories = [word.capitalize() + "." for word in random.sample(WORDS, 4)]
    return {
        "id": number,
        "prompt": f"What type of object is shown in picture number {number} of the collection?",
        "options": options,
        "categories": categories,
        "answer": random.choice(categories),
        **special,
    }


def _occlusion(random: Random, number: int) -> tuple[list[str], Row]:
    template = f"Realistic-Occlusion-Dataset/images/natural_redbl-{number}-s{{image}}.jpg"
    numbers = {"first_image": 7, "reference_image": 0, "num_images": 14}
    return ["Move the red blocks to the left.", "Move the red blocks to the right."], _pictured(template, numbers)


def _video_occlusion(random: Random, number: int) -> tuple[list[str], Row]:
    frames = random.randint(200, 260)
    numbers = {"first_image": random.randrange(frames), "reference_image": 3, "num_images": frames}
    template = f"OcclusionDataSet-MM20/videos/{number}/{{image}}.jpg"
    return ["Rewind the video.", "Wait for the occlusion to disappear."], _pictured(template, numbers)


def _viewpoint(random: Random, number: int) -> tuple[list[str], Row]:
    views = random.sample(range(40), 4)
    template = f"MVP-N/{number}/{{informative}}_{{image}}.png"
    numbers = {"first_image": views[0], "reference_image": views[3], "num_images": 4, "valid_images": views}
    return ["Change the camera angle of the object."], _pictured(template, numbers)


def _image_quality(random: Random, number: int) -> tuple[list[str], Row]:
    repairs = random.sample(REPAIRS, 4)
    numbers = {"first_image": 5, "reference_image": 1, "num_images": 5, "quality_answer": repairs[0]}
    return repairs, _pictured(f"ImageNet-C/{number}/{{level}}.JPEG", numbers)


def _sketch(random: Random, number: int) -> tuple[list[str], Row]:
    numbers = {"first_image": 0, "reference_image": 4, "num_images": 5}
    return ["Make this drawing more complete."], _pictured(f"QuickDraw/{number}/{{image}}.png", numbers)


def _video_moment(random: Random, number: int) -> tuple[list[str], Row]:
    numbers = {"first_image": 0, "reference_image": 10, "num_images": 200, "step_size": 10, "max_steps": 20}
    template = f"ChangeIt/videos/{number}/{{image}}.jpg"
    return ["Rewind the video.", "Wait for the object to appear."], _pictured(template, numbers)


def _framing(random: Random, number: int) -> tuple[list[str], Row]:
    direction = random.choice(DIRECTIONS)
    far = 6 if direction == "zoom" else 15  # where the camera moves to a side, these say where the picture ends
    special = {
        **{"first_image": 0, "reference_image": 0, "num_images": 1, "direction": direction},
        **{"granularity": random.randint(3, 5), "horizontal_step": 1, "vertical_step": 1},
        "crop": {"left": 9, "top": 9, "width": far, "height": far},
    }
    template = f"coco2014/val2014/COCO_val2014_{number:012}.jpg"
    return [SIDES[side] for side in direction.split("_")], _pictured(template, special)


def _pictured(template: str, special: Row) -> Row:
    return {"image_template": template, **special}


ROWS: dict[str, Callable[[Random, int], tuple[list[str], Row]]] = {
    "Realistic-Occlusion-Dataset": _occlusion,
    "OcclusionDataSet-MM20": _video_occlusion,
    "MVP-N": _viewpoint,
    "ImageNet-C": _image_quality,
    "QuickDraw": _sketch,
    "ChangeIt": _video_moment,
    "coco2014": _framing,
}


def _files(row: Row) -> Iterator[str]:
    """All files that an episode of the row may show."""
    template, number = row["image_template"], row["num_images"]
    if "{informative}" in template:
        views = enumerate(row["valid_images"], start=1)
        yield from (template.format(informative=int(place == number), image=f"{view:04}") for place, view in views)
    elif "{level}" in template:
        yield from (template.format(level=level) for level in range(1, 6))
    elif "QuickDraw" in template or "MM20" in template:
        yield from (template.format(image=f"{place:04}") for place in range(number))
    else:
        yield from (template.format(image=place) for place in range(0, number, row.get("step_size", 1)))


def _write_pictures(folder: Path, names: Iterator[str], pictures: dict[str, bytes]) -> None:
    for name in names:
        file = folder / name
        try:
            file.write_bytes(pictures["PNG" if name.endswith("png") else "JPEG"])
        except FileNotFoundError:
            file.parent.mkdir(parents=True)
            file.write_bytes(pictures["PNG" if name.endswith("png") else "JPEG"])


def _tiny(kind: str) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", SIZE, (120, 90, 200)).save(stream, kind)
    return stream.getvalue()


if __name__ == "__main__":
    write_full_size(Path(sys.argv[1]))
