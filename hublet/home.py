"""The files that the command works with, and its version."""

from __future__ import annotations

import tomllib
from importlib import metadata

from local.folders import IS_CHECKOUT, ROOT


def version() -> str:
    """The project's version: the checkout's own, else the installed package's."""
    if IS_CHECKOUT:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        return str(project["version"])
    return metadata.version("hublet")
