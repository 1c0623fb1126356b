"""The tests of models once more, with torchvision: other processors are at work then, those of videos among them."""

import os
import subprocess
import sys
import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

pytest.importorskip("transformers")
import torch

HERE = Path(__file__).parent
FOLDER = "TORCHVISION_FOLDER"
"""A variable that names a folder with the unpacked package; without it the package is fetched."""


@pytest.mark.slow
@pytest.mark.skipif(find_spec("torchvision") is not None, reason="torchvision is installed: the other tests use it")
def test_models_with_torchvision(request):
    folder = _folder(request)
    lines = ("import torchvision_ops, transformers", "assert transformers.utils.is_torchvision_available()")
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join((str(folder), str(HERE)))}
    subprocess.run([sys.executable, "-c", "; ".join(lines)], env=variables, check=True)
    tests = [str(HERE / name) for name in ("test_transformers_agent.py", "test_models_cli.py")]
    plain = ["-p", "torchvision_ops", "-p", "no:cacheprovider", "-p", "no:xdist", "-q", "-m", "not slow"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *plain, *tests], env=variables, cwd=HERE.parent, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-5000:]
    assert "passed" in done.stdout.splitlines()[-1]


def _folder(request) -> Path:
    """Where the release is that goes with this torch."""
    if FOLDER in os.environ:
        return Path(os.environ[FOLDER])
    release = f"0.{int(torch.__version__.split('.')[1]) + 15}.0"
    store = getattr(request.config, "cache", None)
    kept = Path(store.mkdir("torchvision") if store else tempfile.gettempdir()) / release
    if not kept.exists():
        with tempfile.TemporaryDirectory(dir=kept.parent) as place:
            options = ["--quiet", "--no-deps", "--only-binary", ":all:", "--dest", place, f"torchvision=={release}"]
            done = subprocess.run([sys.executable, "-m", "pip", "download", *options], capture_output=True, text=True)
            if done.returncode:
                pytest.skip(f"torchvision {release} could not be fetched ({done.stderr.strip()[-200:]})")
            (wheel,) = Path(place).glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(Path(place, "whole"))
            Path(place, "whole").rename(kept)
    return kept
