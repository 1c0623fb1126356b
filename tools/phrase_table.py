"""Write every phrase in which menus offer interventions into docs/phrases.md, for a person to check.

python tools/phrase_table.py
"""

from pathlib import Path

from proactive_gym.envs import SCENARIOS, Scenario
from proactive_gym.phrases import LANGUAGES, meanings

PAGE = Path(__file__).parents[1] / "docs" / "phrases.md"
BEGIN, END = "<!-- phrases -->", "<!-- /phrases -->"
ENGLISH = ("train", "test", "indirect")


def tables() -> str:
    """All tables, in Markdown."""
    return "\n\n".join(_of(scenario) for scenario in SCENARIOS)


def _of(scenario: Scenario) -> str:
    names = [*scenario.interventions, *scenario.near_decoys()]
    english = [
        f"| {_named(scenario, name)} | {' | '.join('<br>'.join(_texts(scenario, name, each)) for each in ENGLISH)} |"
        for name in names
    ]
    foreign = [
        f"| {_named(scenario, name)} | {meaning} | {' | '.join(row)} |"
        for name in names
        for meaning, *row in zip(
            meanings(scenario.name)[name], *(_texts(scenario, name, language) for language in LANGUAGES), strict=True
        )
    ]
    return "\n".join(
        [
            *(f"## {scenario.name}", ""),
            *("| intervention | `train` | `test` | `indirect` |", "|---|---|---|---|", *english, ""),
            f"| intervention | in English | {' | '.join(f'`{language}`' for language in LANGUAGES)} |",
            *("|---|---|---|---|---|---|", *foreign),
        ]
    )


def _named(scenario: Scenario, name: str) -> str:
    return f"`{name}`" if name in scenario.interventions else f"*decoy* `{name}`"


def _texts(scenario: Scenario, name: str, phrasing: str) -> tuple[str, ...]:
    return {**scenario.phrases(phrasing), **scenario.near_decoys(phrasing)}[name]


def filled(text: str) -> str:
    """The page with the tables of now."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
