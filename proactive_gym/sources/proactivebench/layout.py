"""What the official files should hold: seven data sets, how many rows each has, which of them are counted."""

import json
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class DataSet(NamedTuple):
    """One of the seven data sets.

    Attributes:
        name: What its files are called.
        acronym: What the paper's tables call it.
        original: How many rows the paper counts before filtering.
    """

    name: str
    acronym: str
    original: int


DATA_SETS = {
    item.name: item
    for item in (
        DataSet("Realistic-Occlusion-Dataset", "ROD", 88),
        DataSet("OcclusionDataSet-MM20", "VSOD", 63),
        DataSet("MVP-N", "MVP-N", 4197),
        DataSet("ImageNet-C", "IN-C", 4856),
        DataSet("QuickDraw", "QD", 3375),
        DataSet("ChangeIt", "CIT", 946),
        DataSet("coco2014", "COCO", 4384),
    )
}
"""By name; the figures are those of the paper (arXiv 2603.19466, Figure 10)."""


@cache
def filtered_ids() -> dict[str, frozenset[int]]:
    """The ids of the 7,557 rows that the published numbers are of, by data set."""
    text = files("proactive_gym").joinpath("data/proactivebench/filtered_ids.json").read_text(encoding="utf-8")
    return {name: frozenset(ids) for name, ids in json.loads(text).items()}


def rows_file(dataset: str) -> str:
    """The name of the file with the rows of a data set."""
    return f"{dataset}_preprocessed.jsonl"
