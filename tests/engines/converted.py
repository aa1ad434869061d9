"""Artifacts as the child process makes them: converted, and published with a manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.artifact import Artifact, Manifest
from inference.publish import publish, unpublished

if TYPE_CHECKING:
    from pathlib import Path

    from inference.convert.recipe import Form, Source


def convert(recipe: Any, source: Source, parent: Path, *, engine: str, head: str) -> tuple[Artifact, Form]:
    """Run a module of inference/convert on a snapshot; the artifact lies beneath ``parent``."""
    with unpublished(parent) as folder:
        form = recipe.convert(source, folder, lambda stage: None)
        manifest = Manifest(
            model="test/model",
            commit="a" * 40,
            head=head,
            engine=engine,
            asked=source.precision,
            precision=form.precision,
            reason=form.reason,
            created="2026-01-01T00:00:00+00:00",
            seconds=0.0,
            files={},
            tools=form.tools,
            drift=form.drift.figures,
        )
        publish(folder, manifest)
    return Artifact.open(parent / manifest.folder_name), form
