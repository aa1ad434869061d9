"""Ready artifacts without a download, for tests that are about what comes after."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from inference.task_kinds import head_of
from inference.tasks import get_task
from tests.support.models.manifests import manifest

if TYPE_CHECKING:
    from pathlib import Path

    from inference.task import Model

SENTIMENT = get_task("sentiment")
HEAD = head_of(SENTIMENT.pipeline_tag)
MODEL = SENTIMENT.model
CONTENT = b"weights"
COMMIT = "c" * 40


def put_artifact(cache: Path, model: Model, head: str) -> Path:
    """Publish a one-file artifact, as a download would; a branch is resolved to a made-up commit."""
    slug = model.id.replace("/", "--")
    commit = model.revision if model.is_pinned else COMMIT
    if not model.is_pinned:
        state = cache / "state" / slug
        state.mkdir(parents=True, exist_ok=True)
        (state / f"revision-{model.revision}.json").write_text(json.dumps({"commit": commit}))
    facts = {"size_bytes": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest()}
    made = manifest(
        "transformers",
        head,
        model=model.id,
        commit=commit,
        seconds=0.1,
        files={"model.safetensors": facts},
    )
    folder = cache / "artifacts" / slug / commit / made.folder_name
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(CONTENT)
    made.write(folder)
    return folder


def put_download(cache: Path, model: Model, files: dict[str, bytes], commit: str | None = None) -> Path:
    """A snapshot as huggingface_hub lays it out: links to blobs that are named by their hash."""
    repository = cache / "hub" / f"models--{model.id.replace('/', '--')}"
    commit = commit or (model.revision if model.is_pinned else COMMIT)
    snapshot = repository / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (repository / "blobs").mkdir(exist_ok=True)
    for name, content in files.items():
        blob = repository / "blobs" / hashlib.sha256(content).hexdigest()
        blob.write_bytes(content)
        (snapshot / name).symlink_to(f"../../blobs/{blob.name}")
    (repository / "refs").mkdir(exist_ok=True)
    (repository / "refs" / "main").write_text(commit)
    return snapshot
