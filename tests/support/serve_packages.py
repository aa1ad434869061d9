"""What the serve image has, on this machine: only its pinned packages can be found in one folder of links."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import distribution
from typing import TYPE_CHECKING

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PINS = ROOT / "docker" / "requirements-serve.txt"


def pins(path: Path) -> list[str]:
    """Of a file of pins: names with versions, without hashes."""
    return [line.rstrip(" \\") for line in path.read_text().splitlines() if not line.startswith(" ")]


def names(lines: list[str]) -> set[str]:
    """The packages that pins are about."""
    return {re.split("[ =]", line)[0] for line in lines}


def link(folder: Path) -> None:
    """Fill a folder with links to what is installed of the pinned packages."""
    for name in names(pins(PINS)):
        installed = distribution(name)
        tops = {path.parts[0] for path in installed.files or ()} - {"..", "__pycache__"}
        for top in tops:
            target = folder / top
            if not target.exists():
                target.symlink_to(str(installed.locate_file(top)))


def run(packages: Path, *arguments: str, stdin: str) -> subprocess.CompletedProcess[str]:
    """Run Python with those packages and our code, without any other that is installed."""
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{packages}:{ROOT}"}
    return subprocess.run(
        [sys.executable, "-S", *arguments],
        cwd=ROOT,
        env=environ,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
