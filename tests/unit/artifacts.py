"""Ready artifacts without a download, for tests that are about what comes after."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from inference.artifact import Manifest

if TYPE_CHECKING:
    from pathlib import Path

    from inference.task import Model

CONTENT = b"weights"


def put_artifact(cache: Path, model: Model, head: str) -> Path:
    """Publish a one-file artifact for a pinned model, as a download would."""
    manifest = Manifest(
        model=model.id,
        commit=model.revision,
        head=head,
        engine="transformers",
        asked="auto",
        precision="fp32",
        reason="made by a test",
        created="2026-01-01T00:00:00+00:00",
        seconds=0.1,
        files={
            "model.safetensors": {
                "size_bytes": len(CONTENT),
                "sha256": hashlib.sha256(CONTENT).hexdigest(),
            }
        },
        tools={},
    )
    folder = cache / "artifacts" / model.id.replace("/", "--") / model.revision / manifest.folder_name
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(CONTENT)
    manifest.write(folder)
    return folder
