"""The benchmark's exact sentences, read from its own package where that is installed."""

import ast
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from proactive_gym.errors import InputError, one_line
from proactive_gym.wording import OWN, Wording

_ROW: dict[str, Any] = {
    **{"id": 0, "image_template": "", "first_image": 1, "num_images": 2, "reference_image": 0, "prompt": ""},
    **{"options": ["Wait."], "categories": ["A", "B", "C", "D"], "answer": "A", "quality_answer": "Wait."},
    **{"valid_images": [0, 1], "step_size": 1, "max_steps": 1, "strong_occlusions": True, "granularity": 1},
    **{"horizontal_step": 1, "vertical_step": 1, "crop": {"left": 0, "top": 0, "width": 1, "height": 1}},
    "direction": "left",
}
"""A row with all fields, so that the package's own classes can be made and asked for their sentences."""

_SCENARIOS: dict[str, tuple[str, dict[str, Any]]] = {
    "occlusion": ("Realistic-Occlusion-Dataset", {}),
    "video_occlusion": ("OcclusionDataSet-MM20", {}),
    "viewpoint": ("MVP-N", {}),
    "image_quality": ("ImageNet-C", {}),
    "sketch": ("QuickDraw", {}),
    "video_moment": ("ChangeIt", {}),
    "framing": ("coco2014", {}),
    "framing/farther": ("coco2014", {"direction": "zoom"}),
}


def official_wording() -> Wording:
    """The sentences of the installed package ``proactivebench``: hints, question template, what its judge is told.

    Raises:
        InputError: If the package is not installed, cannot be imported, or is laid out in another way.
    """
    try:
        release = version("proactivebench")
        from proactivebench import data_utils, environment, open_ended_gen
    except (PackageNotFoundError, ImportError, SyntaxError) as error:
        raise InputError(
            "The benchmark's own wording is read from its package, which cannot be imported "
            f"({one_line(error)}); install proactive-gym[proactivebench] (Python 3.12 or newer), or take wording='own'."
        ) from error
    try:
        users = {
            name: environment.get_environment(dataset)({**_ROW, **change}, "")
            for name, (dataset, change) in _SCENARIOS.items()
        }
        template = data_utils.apply_multi_choice_template("{question}", ["{menu}"], short_answer=True)
        open_hint = _open_hint()
        return Wording(
            name=f"proactivebench {release}" if open_hint else f"proactivebench {release}, open hint of our own",
            template=template.replace("A. {menu}", "{menu}"),
            hints={name: user.hint_prompt for name, user in users.items()},
            open_hint=open_hint or OWN.open_hint,
            prefixes={name: user.pre_prompt for name, user in users.items() if user.pre_prompt},
            clear_questions={name: user.reference_prompt for name, user in users.items() if user.reference_prompt},
            judge=open_ended_gen.SYSTEM_PROMPT,
            judged=open_ended_gen.USER_PROMPT.format(
                user_prompt="{question}", correct_answers="{expected}", generated_answer="{reply}"
            ),
        )
    except (AttributeError, TypeError, KeyError, ValueError) as error:
        raise InputError(
            f"The wording of proactivebench {release} is not where version 0.1.1 has it ({one_line(error)}); "
            "install proactivebench==0.1.1, or take wording='own'."
        ) from error


def _open_hint() -> str:
    """The hint for free words, which stands in the middle of the package's example script; empty if not found."""
    spec = find_spec("proactivebench")
    assert spec is not None
    for folder in spec.submodule_search_locations or ():
        script = Path(folder) / "tests" / "oeg.py"
        if script.is_file():
            for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
                match node:
                    case ast.AugAssign(value=ast.Constant(value=str(hint))):
                        return hint.strip()
    return ""
