"""Plays episodes with the benchmark's own classes; run by Python 3.12 or newer, with nothing but its standard library.

    python reference.py sentences jobs.json answer.json
    python reference.py episodes jobs.json answer.json
    python reference.py free_words jobs.json answer.json

A folder with the package goes on ``PYTHONPATH``, unless the interpreter has it installed.
"""

import json
import sys
import traceback
from pathlib import Path


def sentences(jobs):
    """What the benchmark says around the rows' own texts, one set for each row."""
    users = [user_of(job) for job in jobs]
    return [{"before": user.pre_prompt, "hint": user.hint_prompt, "clear": user.reference_prompt} for user in users]


def episodes(jobs):
    """A trace for each episode."""
    return [played(job) for job in jobs]


def free_words(jobs):
    """What a judge is told to look for in free words, and how many of these are things to ask for."""
    from proactivebench.open_ended_gen import PREDICTION_THR

    lists = [user_of(job).get_open_ended_gen_answers().split(",") for job in jobs]
    return [
        {"texts": [text.strip().replace(".", "") for text in texts], "suggestions": PREDICTION_THR[job["acronym"]]}
        for job, texts in zip(jobs, lists, strict=True)
    ]


def played(job):
    """What was shown, said and judged at each turn, and what it came to; or where the benchmark's code failed."""
    turns = []
    try:
        user = user_of(job)
        for reply in job["replies"]:
            if user.stop:
                break
            turns.append(shown(user))
            user.evaluate_generated_answer(reply)
            turns[-1]["verdicts"] = [user.action_evaluation_history[-1], user.category_evaluation_history[-1]]
    except Exception as error:
        return {"turns": turns, "failed": {"as": type(error).__name__, "in": place_of(error)}}
    told = user.get_statistics()
    return {
        "turns": turns,
        "over": user.stop,
        "correct": told["correct_prediction"],
        "suggestions": told["num_turns"] - 1,
        "all turns taken": told["max_steps"],
    }


def user_of(job):
    """The benchmark's environment for a row."""
    from proactivebench.environment import get_environment

    return get_environment(job["dataset"])(job["row"], "", reference=job["clear"])


def shown(user):
    """The present picture, and what is said with it."""
    state = user.get_state(hint=False)
    return {
        "picture": state["image_path"],
        "box": box_of(state["transform"]),
        "question": state["prompt"],
        "question with hint": user.get_state(hint=True)["prompt"],
        "options": state["options"],
    }


class Uncut:
    """Stands in for a picture and tells which part of it was asked for."""

    size = (100, 100)

    def crop(self, box):
        return list(box)


def box_of(transform):
    """The part of the picture that is shown; ``None`` for the whole."""
    cut = transform(Uncut())
    return None if isinstance(cut, Uncut) else cut


def place_of(error):
    """The innermost of the benchmark's own functions that the error went through."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).name == "environment.py"]
    return frames[-1].name


if __name__ == "__main__":
    task, jobs, answer = sys.argv[1:]
    made = {"sentences": sentences, "episodes": episodes, "free_words": free_words}[task](
        json.loads(Path(jobs).read_text(encoding="utf-8"))
    )
    Path(answer).write_text(json.dumps(made), encoding="utf-8")
