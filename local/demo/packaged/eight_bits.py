"""Weights in git take one byte each: whole numbers from -127 to 127, and one scale for each row.

What is made of such a file is an ordinary repository of the Hub, with weights in half precision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCALE = ".scale"
"""Ends the name of a row's scales."""
MOST = 127


def write(tensors: Mapping[str, Any], path: Path) -> None:
    """Write tensors; those with one dimension stay in half precision, as they are small and matter."""
    from safetensors.torch import save_file

    packed: dict[str, Any] = {}
    for name, tensor in tensors.items():
        if tensor.dim() < 2:
            packed[name] = tensor.detach().half().contiguous()
            continue
        rows = tensor.detach().float().flatten(1)
        scale = (rows.abs().amax(1, keepdim=True) / MOST).clamp_min(1e-7).half()
        packed[name] = (
            (rows / scale.float()).round().clamp(-MOST, MOST).char().view(tensor.shape).contiguous()
        )
        packed[name + SCALE] = scale[:, 0].contiguous()
    save_file(packed, path)


def read(path: Path) -> dict[str, Any]:
    """The tensors in single precision, under their names."""
    from safetensors.torch import load_file

    packed = load_file(path)
    found = {name: tensor.float() for name, tensor in packed.items() if not name.endswith(SCALE)}
    for name in found:
        if name + SCALE in packed:
            scale = packed[name + SCALE].float()
            found[name] *= scale.view(-1, *[1] * (found[name].dim() - 1))
    return found
