"""The benchmark's own package beside ours: the same random rows and replies come out the same, turn by turn.

The package needs Python 3.12 or newer. ``PROACTIVEBENCH_PYTHON`` may name an interpreter, and ``PROACTIVEBENCH_FOLDER``
a folder with the unpacked package; without them both are looked for, and the slow tests fetch the package.
"""

from collections import Counter
from random import Random
from typing import NamedTuple

import pytest
from differential.finding import reference_for
from differential.ours import CUT, SCENARIOS, Played, expected_in_free_words, played_at_random, replayed
from differential.rows import random_row

from proactive_gym.sources.proactivebench.layout import DATA_SETS
from proactive_gym.wording import Wording

FAILURES = {
    ("AssertionError", "_parse_action"),  # a request whose words mean nothing to it, or two things
    ("AssertionError", "evaluate_generated_answer"),  # a request that leads out of the pictures; an answer given twice
    ("AssertionError", "_get_valid_options"),  # steps that are no whole numbers, on the way back from the subject
    ("ValueError", "_get_valid_options"),  # an option to be taken off the menu that is there in other words
}
"""Where the benchmark's code fails, and how; ours goes on there."""


@pytest.fixture
def reference(request):
    return reference_for(request)


@pytest.fixture
def wording(reference) -> Wording:
    """The benchmark's sentences, around a template that shows where the question ends."""
    jobs = {scenario: sample(dataset) for dataset, scenario in SCENARIOS.items()}
    jobs["framing/farther"] = sample("coco2014", direction="zoom")
    jobs["framing"] = sample("coco2014", direction="left")
    told = dict(zip(jobs, reference.run("reference.py", "sentences", give=list(jobs.values())), strict=True))
    return Wording(
        name="the benchmark's",
        template=f"{{question}}{CUT}{{menu}}",
        hints={scenario: said["hint"] for scenario, said in told.items()},
        prefixes={scenario: said["before"] for scenario, said in told.items() if said["before"]},
        clear_questions={scenario: said["clear"] for scenario, said in told.items() if said["clear"]},
    )


def sample(dataset: str, **changes) -> dict:
    """A job with an ordinary row."""
    return {"dataset": dataset, "row": {**random_row(Random(0), dataset, 0, odd=False), **changes}, "clear": False}


def difference(ours: Played, theirs: dict) -> str | None:
    """The first thing that the two sides say differently; nothing after a failure of theirs is compared."""
    for number, (our_turn, their_turn) in enumerate(zip(ours.trace["turns"], theirs["turns"], strict=False)):
        for key, their_value in their_turn.items():
            if our_turn[key] != their_value:
                return f"turn {number}, {key}: {our_turn[key]!r} is {their_value!r} in the benchmark"
    if "failed" in theirs:
        return None
    if len(ours.trace["turns"]) != len(theirs["turns"]):
        return f"{len(ours.trace['turns'])} turns are {len(theirs['turns'])} in the benchmark"
    differing = [key for key in theirs if key != "turns" and ours.trace[key] != theirs[key]]
    return f"{differing}: {ours.trace} is {theirs} in the benchmark" if differing else None


def compare(reference, folder, episodes: int, seed: int, wording: Wording) -> tuple[list[Played], list[dict]]:
    """Play that many episodes on both sides and see that they are the same."""
    played = list(played_at_random(folder, episodes, seed, wording))
    traces = reference.run("reference.py", "episodes", give=[ours.job for ours in played])
    assert len(played) == len(traces) == episodes
    for ours, theirs in zip(played, traces, strict=True):
        assert ours.trace["over"]
        assert difference(ours, theirs) is None, ours.job
    return played, traces


def test_a_few_hundred_random_episodes_are_the_benchmarks(reference, tmp_path, wording):
    compare(reference, tmp_path, 300, 1, wording)


@pytest.mark.slow
def test_ten_thousand_random_episodes_are_the_benchmarks(reference, tmp_path, wording):
    played, traces = compare(reference, tmp_path, 10_000, 2, wording)
    failed = Counter(
        (ours.odd, trace["failed"]["as"], trace["failed"]["in"])
        for ours, trace in zip(played, traces, strict=True)
        if "failed" in trace
    )
    assert {tuple(how) for _, *how in failed} == FAILURES
    # What is compared is worth it: long episodes, all endings, and rows of which the benchmark's own code makes sense.
    assert sum(number for (odd, *_), number in failed.items() if not odd) < 0.01 * len(played)
    assert sum(len(ours.replies) for ours in played) > 5 * len(played)
    ends = {(ours.dataset, trace.get("correct")) for ours, trace in zip(played, traces, strict=True)}
    assert {(dataset, correct) for dataset in DATA_SETS for correct in (True, False)} <= ends


@pytest.mark.parametrize("dataset", DATA_SETS)
def test_the_same_counts_in_free_words(reference, tmp_path, dataset):
    random = Random(5)
    whole = {"num_images": 5, "first_image": 0, "valid_images": [0, 1, 2, 3, 4], "granularity": 3}
    fitting = {"ImageNet-C": {**whole, "first_image": 5}, "ChangeIt": {**whole, "step_size": 1}}.get(dataset, whole)
    rows = [{**random_row(random, dataset, number, odd=False), **fitting} for number in range(20)]
    for row in rows:  # a category with a comma in it is two in the benchmark's list, and one in ours
        row["categories"] = [text.replace(",", "") or "x" for text in row["categories"]]
        row["answer"] = row["answer"].replace(",", "") or "x"
    jobs = [{"dataset": dataset, "acronym": DATA_SETS[dataset].acronym, "row": row, "clear": False} for row in rows]
    assert list(expected_in_free_words(tmp_path, dataset, rows)) == reference.run(
        "reference.py", "free_words", give=jobs
    )


# --- Where the benchmark's code fails ---------------------------------------------------------------------------------

PLAIN = {
    "Realistic-Occlusion-Dataset": {"image_template": "a/{image}.png", "options": ["Move it to the left."]},
    "MVP-N": {"image_template": "{informative}/{image}.png", "valid_images": [0, 1, 2, 3], "options": ["Rotate it."]},
    "ImageNet-C": {
        **{"image_template": "a/{level}.png", "first_image": 4},
        **{"options": ["Deblur it."], "quality_answer": "Deblur it."},
    },
    "QuickDraw": {"image_template": "a/{image}.png", "options": ["Add details."]},
    "ChangeIt": {
        **{"image_template": "a/{image}.png", "step_size": 1, "max_steps": 4},
        "options": ["Rewind the video.", "Wait for the object to appear."],
    },
    "coco2014": {
        **{"image_template": "a.png", "options": ["Move the camera to the left."], "direction": "left"},
        **{"granularity": 3, "horizontal_step": 5, "vertical_step": 7},
        "crop": {"left": 50, "top": 50, "width": 20, "height": 20},
    },
}
"""What rows of a data set have of their own."""


def row_of(dataset: str, **changes) -> dict:
    """A small row in the official layout, with some fields changed."""
    pictures = {"id": 0, "first_image": 0, "num_images": 4, "reference_image": 3}
    words = {"prompt": "What is it?", "categories": ["Banana.", "Orange.", "Kettle.", "Teapot."], "answer": "Orange."}
    row = {**pictures, **words, **PLAIN[dataset], **changes}
    return {**row, "options": [*row["options"], "I cannot tell."]}


class Failing(NamedTuple):
    """A row at which the benchmark's code fails.

    Attributes:
        dataset: Its data set.
        special: What is special about it.
        replies: What is replied.
        place: Where the code fails.
        outcome: What it comes to with us.
        requests: How many of the replies led to another picture.
    """

    dataset: str
    special: dict
    replies: list[str]
    place: str
    outcome: str
    requests: int


TWO_REPAIRS = "Mend contrast and brightness."
AWAY = {"direction": "zoom", "options": ["Move farther from the object."]}
FAILING = {
    "words that mean nothing": Failing(
        *("Realistic-Occlusion-Dataset", {"options": ["Turn on the light."]}, ["A"]),
        *("_parse_action", "useless_request", 0),
    ),
    "two things at once": Failing(
        *("Realistic-Occlusion-Dataset", {"options": ["Move it to the left or to the right."]}, ["A"]),
        *("_parse_action", "useless_request", 0),
    ),
    "two words for the same": Failing(
        *("QuickDraw", {"options": ["Add more details to the drawing."]}, ["A", "Orange."]),
        *("_parse_action", "correct", 1),
    ),
    "a repair of two damages": Failing(
        *("ImageNet-C", {"options": [TWO_REPAIRS], "quality_answer": TWO_REPAIRS}, ["A", "Orange."]),
        *("_parse_action", "correct", 1),
    ),
    "another way than the camera's": Failing(
        *("coco2014", {"options": ["Move farther from the object."]}, ["A"]),
        *("_parse_action", "useless_request", 0),
    ),
    "an answer that reads like another": Failing(
        *("MVP-N", {"categories": ["Kettle.", "or ange.", "Orange."]}, ["Orange."]),
        *("evaluate_generated_answer", "correct", 0),
    ),
    "a drawing that does not begin with the first": Failing(
        *("QuickDraw", {"first_image": 2}, ["A", "A", "Orange."]),
        *("evaluate_generated_answer", "correct", 2),
    ),
    "a photograph with a number of its own": Failing(
        *("coco2014", {"first_image": 4}, ["A", "Orange."]),
        *("evaluate_generated_answer", "correct", 1),
    ),
    "a video shorter than a step": Failing(
        *("ChangeIt", {"step_size": 9}, ["Wait for the object to appear."]),
        *("evaluate_generated_answer", "useless_request", 0),
    ),
    "rewinding in other words, at the beginning": Failing(
        *("ChangeIt", {"options": ["Please rewind the video.", "Wait for the object to appear."]}, ["A", "Orange."]),
        *("_get_valid_options", "correct", 1),
    ),
    "moving away in other words, at the end": Failing(
        *("coco2014", {**AWAY, "options": ["Go farther."], "granularity": 2}, ["A", "A", "Orange."]),
        *("_get_valid_options", "correct", 2),
    ),
    "steps that are no whole numbers": Failing(
        *("coco2014", {**AWAY, "vertical_step": 0.7}, ["A", "A", "A", "Orange."]),
        *("_get_valid_options", "correct", 3),
    ),
}


@pytest.mark.parametrize("name", FAILING)
def test_where_the_benchmarks_code_fails_ours_goes_on(reference, tmp_path, wording, name):
    case = FAILING[name]
    ours = replayed(tmp_path, case.dataset, row_of(case.dataset, **case.special), case.replies, wording)
    (theirs,) = reference.run("reference.py", "episodes", give=[ours.job])
    assert theirs["failed"]["in"] == case.place
    assert difference(ours, theirs) is None
    assert (ours.outcome, ours.trace["suggestions"]) == (case.outcome, case.requests)


def test_what_goes_off_the_menu_goes_in_the_benchmarks_order(reference, tmp_path, wording):
    """Letters move with it, so that an answer by letter is another one."""
    short = row_of("ChangeIt", step_size=9)
    middle = row_of("ChangeIt", step_size=3, first_image=2)
    upwards = row_of("coco2014", options=["Move the camera a step up to the left.", "Move the camera to the right."])
    for row, replies in ((short, ["C"]), (middle, ["C"]), (upwards, ["A", "A", "A"])):
        dataset = "coco2014" if "direction" in row else "ChangeIt"
        ours = replayed(tmp_path, dataset, row, replies, wording)
        (theirs,) = reference.run("reference.py", "episodes", give=[ours.job])
        assert "failed" not in theirs and difference(ours, theirs) is None
