"""What MkDocs calls while it builds the site; see ``mkdocs.yml``."""

import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]  # MkDocs loads this file by its path

from pages import api, environments, front, repository  # noqa: E402


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made from the code, and those of all files that a page links to."""
    made = {**front.pages(), **environments.pages(), **api.pages()}
    written = {file.src_uri: file.content_string for file in files.documentation_pages()}
    texts = {**written, **{name: text for name, text in made.items() if isinstance(text, str)}}
    for name, content in {**made, **repository.pages(texts)}.items():
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Have links to files of the repository lead to their pages, but not in what is shown as it is."""
    shown_as_it_is = page.file.src_uri.startswith("code/")
    return markdown if shown_as_it_is else repository.relinked(markdown, page.file.src_uri)
