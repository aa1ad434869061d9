"""Where the project lies, where what it makes may lie, and where a user's own tasks are."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import inference
from inference.tasks import OWN

ROOT = Path(__file__).parents[1]
"""The checkout; of an installed wheel, the folder ``hublet``, which has the same files."""
IS_CHECKOUT = (ROOT / "pyproject.toml").is_file()
IMPORTED_FROM = Path(__file__).parents[__name__.count(".")]
"""The folder that this package is imported from: ``local`` in a checkout, ``hublet.local`` in a wheel."""
INFERENCE_FROM = Path(inference.__file__).parents[1]
"""The folder that functions import ``inference`` from."""
PACKAGE = __name__.rpartition(".")[0]
"""``local``, or ``hublet.local``; for ``python -m``."""


def data_folder() -> Path:
    """What is made once and kept: ``build`` in a checkout, else the user's own, or ``HUBLET_HOME``."""
    if chosen := os.environ.get("HUBLET_HOME"):
        return Path(chosen).expanduser().absolute()
    if IS_CHECKOUT:
        return ROOT / "build"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "hublet"


def admit_own_tasks(folder: Path | None = None) -> None:
    """Make the folder ``hublet_tasks`` importable that lies here, if one does.

    It goes to the path's end, so no other file of the folder hides a module of a library.
    """
    here = str((folder or Path.cwd()).absolute())
    if Path(here, OWN).is_dir() and here not in sys.path:
        sys.path.append(here)


def module_variables() -> dict[str, str]:
    """Variables of a process that runs one of our modules by ``python -P -m``, wherever it starts."""
    if not IS_CHECKOUT:
        return dict(os.environ)
    path = os.pathsep.join(filter(None, (str(IMPORTED_FROM), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path}
