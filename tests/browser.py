"""Debian's Chromium, without a window, for pages that run a script."""

import shutil
import subprocess
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
_HEADLESS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars")


def dom_of(page: Path) -> str:
    """What the page is once its scripts have run."""
    return _run("--virtual-time-budget=4000", "--dump-dom", page.as_uri())


def screenshot(page: Path, file: Path, width: int, height: int) -> None:
    """How the page looks."""
    _run(f"--window-size={width},{height}", "--virtual-time-budget=4000", f"--screenshot={file}", page.as_uri())


def _run(*words: str) -> str:
    assert CHROMIUM is not None
    done = subprocess.run([CHROMIUM, *_HEADLESS, *words], capture_output=True, text=True, timeout=120, check=True)
    return done.stdout
