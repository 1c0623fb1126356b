"""The page about the benchmark says what is so."""

import re
from pathlib import Path

import pytest
from test_differential import FAILING

from proactive_gym.reading import Reading, read

PAGE = Path(__file__).parents[1].joinpath("docs", "benchmark.md").read_text(encoding="utf-8")
MENU = re.findall(r"^[A-G]\. (.*)$", PAGE.split("```text")[1].split("```")[0], re.MULTILINE)
REPLIES = re.findall(r"^\| `(.*)` \| (\S) \| (\S) \|", PAGE.split("## How lenient")[1].split("\n## ")[0], re.MULTILINE)


def letter(reply: str, reading: Reading, menu: list[str]) -> str:
    option = read(reply, menu, [True] * len(menu), reading)
    return "–" if option is None else chr(ord("A") + option)


@pytest.mark.parametrize(("reply", "strict", "lenient"), REPLIES)
def test_the_table_of_lenient_reading_is_right(reply, strict, lenient):
    said = reply.replace("\\n", "\n")
    assert (letter(said, Reading.STRICT, MENU), letter(said, Reading.LENIENT, MENU)) == (strict, lenient)


def test_what_is_said_of_tv_is_so():
    menu = [*MENU[:-1], "TV."]
    assert letter("E.", Reading.STRICT, menu) == "G" and letter("E.", Reading.LENIENT, menu) == "E"
    assert letter("E.", Reading.STRICT, MENU) == "E"


def test_every_place_where_the_benchmarks_code_fails_is_listed():
    listed = PAGE.split("## Where the benchmark's code fails")[1].split("\n## ")[0]
    assert len(REPLIES) > 10 and len(MENU) == 7
    for name in FAILING:
        assert f"| {name}" in listed
