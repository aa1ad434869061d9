"""Artifacts as the child process makes them: converted, and published with a manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.cache.artifact import Artifact, Manifest
from inference.cache.publish import publish, unpublished

if TYPE_CHECKING:
    from pathlib import Path

    from inference.convert.recipe import KeptVariant, Source


def convert(
    recipe: Any, source: Source, parent: Path, *, engine: str, head: str
) -> tuple[Artifact, KeptVariant]:
    """Run a module of inference/convert on a snapshot; the artifact lies beneath ``parent``."""
    with unpublished(parent) as folder:
        kept = recipe.convert(source, folder, lambda stage: None)
        manifest = Manifest(
            model="test/model",
            commit="a" * 40,
            head=head,
            engine=engine,
            asked=source.precision,
            precision=kept.precision,
            reason=kept.reason,
            created="2026-01-01T00:00:00+00:00",
            seconds=0.0,
            files={},
            tools=kept.tools,
            drift=kept.drift.figures,
            lists=kept.lists,
        )
        publish(folder, manifest)
    return Artifact.open(parent / manifest.folder_name), kept
