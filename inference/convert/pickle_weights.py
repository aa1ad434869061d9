"""``pytorch_model.bin`` -> ``model.safetensors``, for the models that are allowed pickle weights by name.

torch reads the file with ``weights_only``, which knows tensors and plain containers and refuses all else; so
nothing after this, and no serving process, ever opens a pickle.
"""

from __future__ import annotations

import pickle
import zipfile
from typing import TYPE_CHECKING, Any

from inference.errors import ModelUnavailable
from inference.hub.repository_forms import PICKLE
from inference.jobs.refused import Refused

if TYPE_CHECKING:
    from pathlib import Path


def rewrite(snapshot: Path) -> None:
    """Replace the pickle file of a snapshot, if it has one."""
    source = snapshot / PICKLE
    if not source.exists():
        return
    import torch
    from safetensors.torch import save_file

    try:
        weights: dict[str, Any] = torch.load(
            source, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(source)
        )
    except pickle.UnpicklingError as error:
        told = f"the repository's {PICKLE} holds more than tensors"
        raise Refused(ModelUnavailable(told)) from error
    seen: set[int] = set()
    own = {}
    for name, tensor in weights.items():
        is_shared = tensor.data_ptr() in seen
        seen.add(tensor.data_ptr())
        whole = tensor.contiguous()  # safetensors takes nothing else, and shares nothing
        own[name] = whole.clone() if is_shared and whole is tensor else whole
    save_file(own, snapshot / "model.safetensors", metadata={"format": "pt"})
    source.unlink()
