"""``make pins``: resolve ``pyproject.toml`` into the requirements files, every version exact."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

CUDA = (
    "cuda-bindings cuda-pathfinder cuda-toolkit nvidia-cublas nvidia-cuda-cupti nvidia-cuda-nvrtc "
    "nvidia-cuda-runtime nvidia-cudnn-cu13 nvidia-cufft nvidia-cufile nvidia-curand nvidia-cusolver "
    "nvidia-cusparse nvidia-cusparselt-cu13 nvidia-nccl-cu13 nvidia-nvjitlink nvidia-nvshmem-cu13 "
    "nvidia-nvtx triton"
)
"""What torch asks for on Linux and a CPU never uses."""


def main() -> None:
    """Three sets: run locally and deploy; the same with tests; the image."""
    with Path("pyproject.toml").open("rb") as stream:
        runtime = tomllib.load(stream)["project"]["optional-dependencies"]["runtime"]
    _compile("pyproject.toml", "-o", "requirements.txt")
    _compile("pyproject.toml", "--extra", "dev", "-c", "requirements.txt", "-o", "requirements-dev.txt")
    with tempfile.NamedTemporaryFile("w", suffix=".in") as source:
        source.write("\n".join(runtime))
        source.flush()
        _compile(source.name, "-c", "requirements.txt", "-o", "docker/requirements.txt")


def _compile(*arguments: str) -> None:
    options = ["--universal", "--python-version", "3.11", "--no-header", "--no-annotate", "--quiet"]
    options += ["--no-emit-index-url", "--no-emit-find-links"]
    for package in CUDA.split():
        options += ["--no-emit-package", package]
    subprocess.run([sys.executable, "-m", "uv", "pip", "compile", *options, *arguments], check=True)


if __name__ == "__main__":
    main()
