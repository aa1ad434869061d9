"""The wheel, built from the checkout, and unpacked where nothing else of the checkout is."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def build(folder: Path) -> Path:
    """What ``python -m hatchling build`` makes, or ``uv build``."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def unpack(wheel: Path, folder: Path) -> Path:
    """As an installer puts it into ``site-packages``; a pure wheel needs no more."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def environment(site: Path, data: Path) -> dict[str, str]:
    """The unpacked wheel over the packages that the tests run with, and a data folder of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "HUBLET_"))}
    return {**kept, "PYTHONPATH": str(site), "HUBLET_HOME": str(data), "PYTHONDONTWRITEBYTECODE": "1"}
