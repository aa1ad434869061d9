"""Node.js for the CDK: the one that is installed beside Python goes first."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

BESIDE_PYTHON = Path(sys.executable).parent


def prefer_own_node() -> None:
    """For this process and those that it starts, before ``aws_cdk`` is imported: jsii looks then."""
    folder = str(BESIDE_PYTHON)
    if folder not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join(filter(None, (folder, os.environ.get("PATH"))))


def find_node() -> str | None:
    """The Node.js that the CDK would run on."""
    return shutil.which("node", path=os.pathsep.join((str(BESIDE_PYTHON), os.environ.get("PATH", ""))))
