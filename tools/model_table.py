"""Write the table of models that go by a short name into docs/models.md.

python tools/model_table.py
"""

from pathlib import Path

from proactive_gym.agents.presets import presets

PAGE = Path(__file__).parents[1] / "docs" / "models.md"
BEGIN, END = "<!-- presets -->", "<!-- /presets -->"


def table() -> str:
    """The table, in Markdown."""
    rows = [
        f"| `hf:{item.name}` | {_linked(item.checkpoint)} | {_remark(item.adapter, item.remark)} |"
        for item in presets().values()
    ]
    return "\n".join(["| name | checkpoint | remark |", "|---|---|---|", *rows])


def _linked(checkpoint: str) -> str:
    repository, _, revision = checkpoint.partition("@")
    return f"[{repository}](https://huggingface.co/{repository})" + (f" at `{revision}`" if revision else "")


def _remark(adapter: str, remark: str) -> str:
    return "; ".join([*([f"with its adapter `{adapter}`"] if adapter else []), *([remark] if remark else [])])


def filled(text: str) -> str:
    """The page with the table of now."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
