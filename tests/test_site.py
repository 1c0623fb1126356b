"""The documentation site builds, whole and without a broken link."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import proactive_gym

pytest.importorskip("material", reason="the site needs mkdocs-material")
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site's folder."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


class Links(HTMLParser):
    """Where a page's links and pictures lead, and its anchors."""

    def __init__(self, page):
        super().__init__()
        self.leads, self.anchors = set(), set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.leads |= {given[name] for name in ("href", "src") if given.get(name)}
        self.anchors |= {given[name] for name in ("id", "name") if given.get(name)}


def test_every_environment_has_a_page_with_a_picture(site):
    for env_id, name in proactive_gym.ENVIRONMENTS.items():
        page = re.sub(r"(?<!^)([A-Z])", r"_\1", name.removeprefix("Proactive").removesuffix("Env")).lower()
        text = (site / "environments" / f"{page}.html").read_text(encoding="utf-8")
        assert "<h1 id=" in text and env_id in text and "Action Space" in text
        assert (site / "environments" / f"{page}.png").stat().st_size > 10_000


def test_no_link_is_broken(site):
    pages = {page: Links(page.read_text(encoding="utf-8")) for page in site.rglob("*.html")}
    assert len(pages) > 40
    for page, links in pages.items():
        if page.name == "404.html":
            continue  # served from anywhere, so that its links begin at the root
        for lead in links.leads:
            if re.match(r"[a-z]+:", lead):
                continue
            path, _, anchor = lead.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), f"{page.relative_to(site)} leads to {lead}"
            if anchor and target in pages:
                assert anchor in pages[target].anchors | {"__top"}, f"{page.relative_to(site)} leads to {lead}"


def test_nothing_is_fetched_from_elsewhere(site):
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.findall(r"<(?:script|img|iframe)[^>]+src=\"https?:", text), page
        assert not re.findall(r"<link[^>]+rel=\"(?:stylesheet|preconnect)\"[^>]+href=\"https?:", text), page


def test_what_people_type_is_in_the_reference(site):
    text = "".join(page.read_text(encoding="utf-8") for page in (site / "api").glob("*.html"))
    for name in (
        *("rollout.rollouts", "reports.writing.evaluate", "agents.Turn", "envs.scenario.Scenario"),
        *("reward.Reward", "envs.arguments.Arguments", "sources.base.Source", "errors.InputError"),
    ):
        assert f'id="proactive_gym.{name}"' in text, name
