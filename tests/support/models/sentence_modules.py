"""The files that sentence-transformers puts beside a model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


POOLING = "1_Pooling"


def write_modules(snapshot: Path, *modules: str, pooling: dict[str, Any] | None = None, **files: Any) -> None:
    """Write the files of sentence-transformers: modules by kind, in order, and others by name."""
    listed = [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}]
    for index, kind in enumerate(modules, 1):
        path = f"{index}_{kind}"
        listed.append(
            {"idx": index, "name": str(index), "path": path, "type": f"sentence_transformers.models.{kind}"}
        )
        (snapshot / path).mkdir(exist_ok=True)
    (snapshot / "modules.json").write_text(json.dumps(listed))
    (snapshot / POOLING).mkdir(exist_ok=True)
    (snapshot / POOLING / "config.json").write_text(json.dumps(pooling or {"pooling_mode_mean_tokens": True}))
    for name, value in files.items():
        (snapshot / f"{name}.json").write_text(json.dumps(value))
