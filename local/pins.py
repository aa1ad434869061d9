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
    """Five sets: run locally and deploy; that with tests; that with the page; the image; checkov, apart."""
    with Path("pyproject.toml").open("rb") as stream:
        extras = tomllib.load(stream)["project"]["optional-dependencies"]
    _compile("pyproject.toml", "-o", "requirements.txt")
    _compile("pyproject.toml", "--extra", "dev", "-c", "requirements.txt", "-o", "requirements-dev.txt")
    _compile("pyproject.toml", "--extra", "ui", "-c", "requirements-dev.txt", "-o", "requirements-ui.txt")
    _compile_alone(extras["runtime"], "-c", "requirements.txt", "-o", "docker/requirements.txt")
    _compile_alone(extras["checkov"], "-o", "requirements-checkov.txt")


def _compile_alone(packages: list[str], *arguments: str) -> None:
    """Without the project's own dependencies."""
    with tempfile.NamedTemporaryFile("w", suffix=".in") as source:
        source.write("\n".join(packages))
        source.flush()
        _compile(source.name, *arguments)


def _compile(*arguments: str) -> None:
    options = ["--universal", "--python-version", "3.11", "--no-header", "--no-annotate", "--quiet"]
    options += ["--no-emit-index-url", "--no-emit-find-links"]
    for package in CUDA.split():
        options += ["--no-emit-package", package]
    subprocess.run([sys.executable, "-m", "uv", "pip", "compile", *options, *arguments], check=True)


if __name__ == "__main__":
    main()
