"""The model that paints, which this project trained: its U-Net lies in git with one byte for each weight."""

from __future__ import annotations

import shutil
from pathlib import Path

from local.demo.packaged import eight_bits

PACKED = Path(__file__).parents[1] / "packed" / "demo-image"
ENDING = ".eight-bits.safetensors"


def make(folder: Path) -> None:
    """The repository as diffusers reads it, all weights in half precision."""
    shutil.copytree(PACKED, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(f"*{ENDING}"))
    for file in PACKED.rglob(f"*{ENDING}"):
        target = folder / file.relative_to(PACKED)
        unpack(file, target.with_name(target.name.replace(ENDING, ".safetensors")))


def unpack(file: Path, target: Path) -> None:
    """One file of weights in half precision."""
    from safetensors.torch import save_file

    save_file(
        {name: tensor.half() for name, tensor in eight_bits.read(file).items()}, target, {"format": "pt"}
    )


def pack(repository: Path) -> None:
    """Store a repository that training wrote, its U-Net in eight bits."""
    from safetensors.torch import load_file

    weights = Path("unet", "diffusion_pytorch_model.safetensors")
    shutil.copytree(repository, PACKED, dirs_exist_ok=True)
    (PACKED / weights).unlink()
    target = PACKED / weights
    eight_bits.write(load_file(repository / weights), target.with_name(target.stem + ENDING))
