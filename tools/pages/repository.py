"""Links that lead out of the documentation, into the repository, and the pages that they lead to on the site."""

import ast
import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pages.front import FILES, ROOT

LINK = re.compile(r"(\]\()(?!https?://|#|mailto:)([^)#\s]+)(#[^)]*)?(\))")
LANGUAGES = {".py": "python", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".sh": "bash", ".json": "json"}


def relinked(markdown: str, page: str) -> str:
    """The page's text, its links into the repository turned into links to pages.

    Args:
        markdown: The text.
        page: The page's name, such as ``tutorials/training.md``.
    """

    def turned(found: re.Match[str]) -> str:
        opening, link, anchor, closing = found.groups()
        target = _page_of(_linked(link, page))
        return f"{opening}{posixpath.relpath(target, posixpath.dirname(page) or '.')}{anchor or ''}{closing}"

    return LINK.sub(turned, markdown)


def pages(texts: Mapping[str, str]) -> dict[str, str]:
    """A page for each file and folder of the repository that one of these texts links to, by the page's name."""
    found = {path for page, text in texts.items() for path in _links(text, page)}
    return {_page_of(path): _shown(path) for path in sorted(found) if _page_of(path).startswith("code/")}


def _links(text: str, page: str) -> Iterator[str]:
    for _, link, _, _ in LINK.findall(text):
        yield _linked(link, page)


def _linked(link: str, page: str) -> str:
    """The path in the repository that a link on that page leads to."""
    folder = "" if page in FILES.values() else posixpath.join("docs", posixpath.dirname(page))
    return posixpath.normpath(posixpath.join(folder, link))


def _page_of(path: str) -> str:
    """The page of a path in the repository; what is in ``docs`` keeps its name."""
    if path in FILES:
        return FILES[path]
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    return f"code/{path}/index.md" if (ROOT / path).is_dir() else f"code/{path}.md"


def _shown(path: str) -> str:
    """What the page of a file or folder says. A link to nothing gets no page, so that MkDocs finds it broken."""
    file = ROOT / path
    if file.is_dir():
        lines = [f"- `{inside.name}`{_first_line(inside)}" for inside in sorted(file.iterdir()) if _worth_it(inside)]
        return f"# {path}\n\n" + "\n".join(lines) + "\n"
    text = file.read_text(encoding="utf-8")
    return f"# {path}\n\n````{LANGUAGES.get(file.suffix, 'text')}\n{text.rstrip()}\n````\n"


def _worth_it(file: Path) -> bool:
    return not file.name.startswith((".", "__")) and (file.is_dir() or file.suffix in LANGUAGES)


def _first_line(file: Path) -> str:
    """What a module or package says of itself, in its first line."""
    module = file / "__init__.py" if file.is_dir() else file
    if module.suffix != ".py" or not module.is_file():
        return ""
    said = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    return f": {said.splitlines()[0]}" if said else ""
