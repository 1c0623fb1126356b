"""Reads the benchmark's wording with our own code, and asks its package for the same; run by Python 3.12 or newer.

    python sentences.py given.json answer.json

Nothing but the standard library is needed: what the two packages import beside it, and do not need for their sentences,
is stood in for.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from types import ModuleType, SimpleNamespace


def stand_in(name, **holds):
    """A module of that name with nothing in it but what it is said to hold."""
    module = sys.modules[name] = ModuleType(name)
    module.__dict__.update(holds)


def open_without_imports(package):
    """Let our own modules be imported one by one, without what their packages import."""
    for name in (package.name, f"{package.name}.sources", f"{package.name}.sources.proactivebench"):
        stand_in(name, __path__=[str(package.parent.joinpath(*name.split(".")))])


def ours():
    """The benchmark's wording as our code reads it."""
    from proactive_gym.sources.proactivebench.wording import official_wording

    return asdict(official_wording())


def theirs(given):
    """The same sentences, and whole messages to agent and judge, as the benchmark itself makes them."""
    from proactivebench import data_utils, environment, open_ended_gen

    users = {name: environment.get_environment(job["dataset"])(job["row"], "") for name, job in given["users"].items()}
    return {
        "hints": {name: user.hint_prompt for name, user in users.items()},
        "prefixes": {name: user.pre_prompt for name, user in users.items() if user.pre_prompt},
        "clear_questions": {name: user.reference_prompt for name, user in users.items() if user.reference_prompt},
        "dialogues": [data_utils.apply_multi_choice_template(*menu, short_answer=True) for menu in given["menus"]],
        "judged": [open_ended_gen.get_oeg_judge_messages(*judged) for judged in given["judged"]],
        "script": Path(environment.__file__).with_name("tests").joinpath("oeg.py").read_text(encoding="utf-8"),
    }


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    stand_in("gymnasium")
    stand_in("gymnasium.error", Error=Exception)
    stand_in("jsonlines")
    stand_in("torch", utils=SimpleNamespace(data=SimpleNamespace(Dataset=object)))
    stand_in("PIL", Image=None)
    stand_in("qwen_vl_utils", process_vision_info=None)
    open_without_imports(Path(given["package"]))
    Path(sys.argv[2]).write_text(json.dumps({"ours": ours(), "theirs": theirs(given)}), encoding="utf-8")
