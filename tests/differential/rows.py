"""Random rows of the seven data sets, in the official layout: ordinary ones, and some that no author meant."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

Row = dict[str, Any]

ABSTENTIONS = (
    *("I cannot tell.", "I cannot answer this question."),
    *("I do not know what is this object.", "I DO NOT know"),
)
CATEGORIES = (
    *("Banana.", "Orange.", "Great_pyrenees.", "Ursula von der leyen.", "Cutting the cake.", "Kettle.", "Whistle."),
    *("Apple.", "Two people.", "Traffic light.", "Screwdriver.", "Hot dog.", "Teapot.", "Mobile phone."),
)
ODD_CATEGORIES = (
    *("TV.", "U.S.A.", "A.", "B", "b.", "c", "D.", "G", "H.", "E. Orange.", "A. Orange.", "B. Banana.", "F. Kettle."),
    *("ORANGE.", "Or ange.", "orange", "Banana", " Banana. ", "banana .", "Vitamin C. Tablet.", "Tablet.", "D.C."),
    *("Café.", "Cafe\u0301.", "İstanbul.", "Straße.", "ﬁre.", "日本。", "日本.", "🍌.", "\u212a.", "\u00a0Kettle."),
    *("A\u3000B.", "Do not enter.", "Can opener; cannot.", "1.", "#", ".", "[", "`A`", "(B)", "two\nlines.", "tab\t."),
    *("Rotate.", "Wait for the bus.", "Rewind the video.", "I cannot tell.", "x" * 300, "{image}.", "Go up."),
)
ODD_OPTIONS = (
    *("Turn on the light.", "A. Orange.", "Banana.", "B", "C.", "TV.", "x", "Ask somebody else.", "Rewind the video."),
    *("Move to the left, then to the right.", "Move the camera to the left.", "Move the camera up.", "Wait for the"),
    *("Add more details to the drawing.", "Reduce noise and artifacts with higher resolution.", "Ⓐ", "Rotate.", "."),
    *("Move the camera up and to the left.", "Support the camera to the right.", "Move farther from the object."),
)
REPAIRS = (
    *("Reduce brightness.", "Increase brightness.", "Adjust the contrast.", "Lower the saturation."),
    *("Deblur the image.", "Denoise the image.", "Reduce the compression.", "Increase image resolution."),
    *("Remove the artifacts.", "REMOVE ARTIFACTS"),
)
VIEWS = (
    *("Change the camera angle of the object.", "Rotate the object.", "Show a different view of the object."),
    *("Change the orientation.", "Rotate it to another angle for a different view.", "Turn it to a different side."),
)
STROKES = ("Add more details.", "Make this drawing more complete.", "Extend the sketch.", "Go on with the quickdraw.")
WAITING = ("Wait for the occlusion to disappear.", "Wait for the object to appear.", "Wait for the action to occur.")
BLOCKS = ("Move the red blocks", "Move the blocks", "Slide the blue and green blocks")
SIDES = ("left", "right", "up", "down")
MOVES = {
    "left": "Move the camera to the left.",
    "right": "Move the camera to the right.",
    "up": "Move the camera up.",
    "down": "Move the camera down.",
    "zoom": "Move farther from the object.",
}
ODD_MOVES = {
    "left": "Support the camera to the left.",
    "right": "Please move it to the right",
    "up": "UP!",
    "down": "Go down and to the left.",
    "zoom": "Go farther up.",
}
CORNERS = [f"{one}_{other}" for one in SIDES for other in SIDES if (one in SIDES[:2]) != (other in SIDES[:2])]


def random_row(random: Random, dataset: str, number: int, odd: bool) -> Row:
    """A row with that id; an ``odd`` one has texts or numbers that the official files should not have."""
    special = SPECIAL[dataset](random, odd)
    options = _shuffled(random, [*special.pop("asking"), *random.sample(ABSTENTIONS, random.choice((1, 1, 1, 2, 3)))])
    if odd and random.random() < 0.6:
        options.insert(random.randrange(len(options) + 1), random.choice(_further(dataset, special, options)))
    if odd and random.random() < 0.2 and not _removed(dataset, special):
        options.append(random.choice(options).swapcase() + " ")
    categories = _categories(random, odd)
    return {
        "id": number,
        "prompt": random.choice(("What is this?", "Which object is shown?", "A {question}: what's {image}, {menu}?")),
        "options": options,
        "categories": categories,
        "answer": random.choice(categories),
        **special,
    }


def _further(dataset: str, special: Row, options: Sequence[str]) -> list[str]:
    """Texts for one option more."""
    own = _removed(dataset, special)
    return [text for text in ODD_OPTIONS if text not in options and not any(word in text.lower() for word in own)]


def _removed(dataset: str, special: Row) -> Sequence[str]:
    """Words of the requests that go off the menu at their end.

    There must be no two of a kind: the benchmark takes off one of them, by its words, and we take off both.
    """
    if dataset == "ChangeIt":
        return ("rewind", "wait")
    return special["direction"].replace("zoom", "farther").split("_") if dataset == "coco2014" else ()


def _categories(random: Random, odd: bool) -> list[str]:
    pool = [*CATEGORIES, *ODD_CATEGORIES] if odd or random.random() < 0.3 else CATEGORIES
    number = random.choice((2, 3, 5, 9, 18)) if odd and random.random() < 0.2 else 4
    return random.choices(pool, k=number) if odd and random.random() < 0.1 else random.sample(pool, number)


def _shuffled(random: Random, texts: Sequence[str]) -> list[str]:
    return random.sample(texts, len(texts))


def _few(random: Random) -> int:
    """A number of pictures, mostly small."""
    return random.choice((1, 2, 3, 4, 4, 5, 6, 7, 14, 14, 40))


def _occlusion(random: Random, odd: bool) -> Row:
    number = _few(random)
    blocks = random.choice(BLOCKS)
    stem = random.choice(("natural_redbl-cup-s", "natural_bluebl_greenr-banana-s", "s6/natural_bluebl_greenr-banana-s"))
    return {
        "image_template": f"Realistic-Occlusion-Dataset/images/{stem}{{image}}.jpg",
        "first_image": random.randrange(number),
        "num_images": number,
        "reference_image": random.randrange(number),
        "asking": [f"{blocks} to the left.", f"{blocks} to the right."],
    }


def _video_occlusion(random: Random, odd: bool) -> Row:
    number = random.choice((230, _few(random)))
    return {
        "image_template": "OcclusionDataSet-MM20/videos/v3/{image}.jpg",
        "first_image": random.randrange(number),
        "num_images": number,
        "reference_image": random.randrange(number),
        "strong_occlusions": True,
        "asking": ["Rewind the video.", WAITING[0]],
    }


def _viewpoint(random: Random, odd: bool) -> Row:
    number = _few(random)
    views = random.sample(range(10_000), number + random.choice((0, 0, 2)))
    return {
        "image_template": random.choice(("MVP-N/o1/{informative}_{image}.png", "MVP-N/{image}/{informative}.png")),
        "first_image": views[0],
        "num_images": number,
        "valid_images": views,
        "reference_image": random.choice(views),
        "asking": random.sample(VIEWS, random.choice((1, 1, 1, 2))),
    }


def _image_quality(random: Random, odd: bool) -> Row:
    number = random.choice((5, 5, 5, 1, 2, 3, 4))
    offered = random.sample(REPAIRS, random.choice((4, 4, 4, 1, 8)))
    return {
        "image_template": "ImageNet-C/{level}/n01440764/ILSVRC2012_val_00000293.JPEG",
        "first_image": random.randint(number, 5),
        "num_images": number,
        "reference_image": random.choice((0, 1)),
        "quality_answer": random.choice(offered),
        "asking": offered,
    }


def _sketch(random: Random, odd: bool) -> Row:
    number = _few(random)
    return {
        "image_template": "QuickDraw/q0/{image}.png",
        "first_image": random.choice((0, 3)) if odd else 0,
        "num_images": number,
        "reference_image": number - 1,
        "asking": random.sample(STROKES, random.choice((1, 1, 1, 2))),
    }


def _video_moment(random: Random, odd: bool) -> Row:
    step = random.choice((1, 2, 3, 7, 30))
    number = random.randint(1, 3 * step) if odd else random.randint(2 * step, 20 * step)
    rewind = "Please rewind the video." if odd and random.random() < 0.1 else "Rewind the video."
    return {
        "image_template": "ChangeIt/videos/m0/{image}.jpg",
        "first_image": random.choice((0, random.randrange(number))),
        "num_images": number,
        "step_size": step,
        "max_steps": random.choice((1, 2, 3, 5, 10, 30)),
        "reference_image": random.randrange(number),
        "asking": [rewind, random.choice(WAITING[1:])],
    }


def _framing(random: Random, odd: bool) -> Row:
    direction = random.choice((*SIDES, *CORNERS, "zoom", "zoom"))
    uneven = random.random() < (0.8 if odd else 0.2)
    number: Callable[[int, int], float] = random.uniform if uneven else random.randint
    crop = {name: number(0, 300) for name in ("left", "top", "width", "height")}
    moves = ODD_MOVES if odd and random.random() < 0.2 else MOVES
    return {
        "image_template": "coco2014/val2014/COCO_val2014_000000000042.jpg",
        "first_image": 0,
        "num_images": 1,
        "reference_image": 0,
        "direction": direction,
        "granularity": random.choice((1, 2, 3, 4, 5, 5, 9)),
        "horizontal_step": number(0 if odd else 1, 60),
        "vertical_step": number(0 if odd else 1, 60),
        "crop": crop,
        "asking": [moves[side] for side in direction.split("_")],
    }


SPECIAL: dict[str, Callable[[Random, bool], Row]] = {
    "Realistic-Occlusion-Dataset": _occlusion,
    "OcclusionDataSet-MM20": _video_occlusion,
    "MVP-N": _viewpoint,
    "ImageNet-C": _image_quality,
    "QuickDraw": _sketch,
    "ChangeIt": _video_moment,
    "coco2014": _framing,
}
"""What rows of each data set have of their own; ``asking`` goes among the options."""
