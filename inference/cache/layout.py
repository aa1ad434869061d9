"""Where everything lies on the cache, and how a model's id becomes a folder's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


SLUG = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
COMMIT = r"[0-9a-f]{40}"
"""How the folders of models and of their commits are named; matched as ASCII."""


class CacheLayout:
    """Paths below one mount; nothing here looks whether they are there."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def hub(self) -> Path:
        """huggingface_hub's own cache."""
        return self.root / "hub"

    @property
    def trash(self) -> Path:
        """What was removed, until it is deleted."""
        return self.root / "trash"

    @property
    def deliveries(self) -> Path:
        """Maintenance events that were acted on."""
        return self.root / "deliveries"

    def download(self, model_id: str) -> Path:
        return self.hub / f"models--{slug(model_id)}"

    def artifacts(self, model_id: str) -> Path:
        return self.root / "artifacts" / slug(model_id)

    def state(self, model_id: str) -> Path:
        """Whose turn it is to work on the model, and small notes."""
        return self.root / "state" / slug(model_id)

    def revision(self, model_id: str, revision: str) -> Path:
        """Which commit a branch or a short commit was resolved to."""
        return self.state(model_id) / f"revision-{slug(revision)}.json"

    def mark(self, model_id: str, commit: str, artifact: str) -> Path:
        """An empty file; when it was changed last, the artifact was loaded last."""
        return self.state(model_id) / f"loaded-{commit}-{artifact}"


def slug(name: str) -> str:
    """A model id as one folder name; the Hub allows no ``--`` in names, so two ids never meet."""
    return name.replace("/", "--")


def model_id(slug: str) -> str:
    """The id that a folder was named after."""
    return slug.replace("--", "/")
