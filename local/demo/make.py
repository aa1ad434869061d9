"""``python -m local.demo.make``: make the demo models that are not in git. No model is left half-made."""

from __future__ import annotations

import argparse
import fcntl
import importlib
import shutil
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from transformers.utils import logging

from inference.cache.files import replace_text
from local.demo.recipes import BUILT, COMMIT, OWNER, RECIPES, STAMP, DemoRecipe, commit_of, is_made
from local.folders import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK = ".lock"


def main() -> None:
    """Make the named models, or all; models that exist are skipped."""
    parser = argparse.ArgumentParser(prog="python -m local.demo.make", description=__doc__)
    names = [recipe.name for recipe in RECIPES]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}; all by default")
    parser.add_argument("--root", type=Path, default=BUILT)
    parser.add_argument(
        "--untrained", action="store_true", help="random weights even where there are real ones"
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(names):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    recipes = [recipe for recipe in RECIPES if recipe.name in (arguments.names or names)]
    if arguments.untrained:
        recipes = [replace(recipe, packaged=None) for recipe in recipes]
    make_all(recipes, arguments.root)


def make_all(recipes: list[DemoRecipe], root: Path) -> None:
    """Make the models one by one. If another process makes them, wait for it and find them made."""
    home = root / OWNER
    home.mkdir(parents=True, exist_ok=True)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    with _lock_folder(home):
        for recipe in recipes:
            if not is_made(recipe, root):
                started_s = time.monotonic()
                _make(recipe, home)
                print(f"made {recipe.repository} in {time.monotonic() - started_s:.1f} s", file=sys.stderr)


def _make(recipe: DemoRecipe, home: Path) -> None:
    """Make the model in a hidden folder, then rename that."""
    module, function = recipe.maker.split(":")
    folder = Path(tempfile.mkdtemp(prefix=".", dir=home))
    getattr(importlib.import_module(f"{PACKAGE}.demo.{module}"), function)(folder)
    (folder / STAMP).write_text(recipe.key())
    target = home / recipe.name
    if target.exists():  # made from older sources
        target.rename(Path(tempfile.mkdtemp(prefix=".", dir=home)) / recipe.name)
    folder.rename(target)
    replace_text(target / COMMIT, commit_of(home.parent, recipe.repository))


@contextmanager
def _lock_folder(home: Path) -> Iterator[None]:
    """Hold the lock; on exit, remove half-made folders, also those of killed processes."""
    with (home / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            for folder in home.glob(".*/"):
                shutil.rmtree(folder)


if __name__ == "__main__":
    main()
