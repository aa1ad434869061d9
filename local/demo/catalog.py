"""Which demo model stands in for which task when the embedded Hub serves instead of the real one.

Some come with the project, trained. The others are made at first use, in a process of their own since that
takes torch: from real weights where an installed package carries them, else with random ones, and then they
say so.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.demo.cards import CARD, UNTRAINED
from local.demo.recipes import BUILT, COMMIT, OWNER, RECIPES, commit_of, missing
from local.folders import PACKAGE, ROOT, module_variables

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from inference.task import Task

EMBEDDED = "embedded"
"""In place of a Hub's address: the demo models, served from here."""
DEMO_REPOSITORIES = ROOT / "local" / "demo" / "models"
"""What comes with the project."""


class NoDemoModel(Exception):
    """A demo model could not be made; the message names it."""


@dataclass(frozen=True)
class DemoModel:
    """A demo model as it is now."""

    repository: str
    commit: str
    note: str
    """What has to stand beside every answer of this commit; mostly nothing."""


def demo_model(task: Task) -> str | None:
    """The task's own demo repository, else one for the same pipeline tag, else ``None``.

    Trained ones that come with the project are preferred; one that has a recipe may have to be made yet.
    """
    own = f"{OWNER}/demo-{task.function_name}"
    if (DEMO_REPOSITORIES / own).is_dir() or own in {recipe.repository for recipe in RECIPES}:
        return own
    cards = sorted(DEMO_REPOSITORIES.glob(f"*/*/{CARD}"))
    tagged = [card.parent for card in cards if _pipeline_tag(card) == task.pipeline_tag]
    found = [folder.relative_to(DEMO_REPOSITORIES).as_posix() for folder in tagged]
    found += [recipe.repository for recipe in RECIPES if task.pipeline_tag in recipe.tags]
    return found[0] if found else None


def make(repositories: Iterable[str], root: Path = BUILT) -> None:
    """Make what is missing and return when it is there; takes seconds, and torch, in another process."""
    names = [recipe.name for recipe in missing(repositories, root)]
    if not names:
        return
    command = [sys.executable, "-P", "-m", f"{PACKAGE}.demo.make", "--root", str(root), *names]
    if subprocess.run(command, env=module_variables()).returncode:
        raise NoDemoModel(f"making {', '.join(names)} failed; the reason is above")


def current(repository: str, roots: Iterable[Path] = (DEMO_REPOSITORIES, BUILT)) -> DemoModel | None:
    """The repository's commit, and what its card says of it; ``None`` if there is no such repository.

    A function keeps the commit that it started with, while a better model may replace the repository. So
    both are read once, when the function starts.
    """
    for root in roots:
        card = root / repository / CARD
        if card.is_file():
            is_untrained = UNTRAINED in card.read_text(encoding="utf-8")
            return DemoModel(repository, _commit(root, repository), UNTRAINED if is_untrained else "")
    return None


def _commit(root: Path, repository: str) -> str:
    written = root / repository / COMMIT
    return written.read_text() if written.is_file() else commit_of(root, repository)


def _pipeline_tag(card: Path) -> str | None:
    """``pipeline_tag`` of a model card's front matter."""
    found = re.search(r"^pipeline_tag:\s*(\S+)", card.read_text(encoding="utf-8"), re.MULTILINE)
    return found.group(1) if found else None
