"""Pages that are files at the top of the repository: there they are found by everyone who does not come by the site."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "CITATION.cff": "citation.md",
    "LICENSE": "licence.md",
}
"""The pages' names by the files' names."""


def pages() -> dict[str, str | bytes]:
    """The pages' text by name."""
    return {page: _page(ROOT / file) for file, page in FILES.items()}


def _page(file: Path) -> str:
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".md":
        return text
    title, language = ("How to cite", "yaml") if file.suffix == ".cff" else ("Licence", "text")
    return f"# {title}\n\n```{language}\n{text.strip()}\n```\n"
