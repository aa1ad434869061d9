"""``make pins``: resolve ``pyproject.toml`` into the requirements files, every version exact.

Those of the images also name the SHA-256 of every file that may be taken, and so does their Dockerfile.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from local.commands import image_pins

DOCKERFILE = Path("docker/Dockerfile")
HASHES = "--generate-hashes"
CUDA = (
    "cuda-bindings cuda-pathfinder cuda-toolkit nvidia-cublas nvidia-cuda-cupti nvidia-cuda-nvrtc "
    "nvidia-cuda-runtime nvidia-cudnn-cu13 nvidia-cufft nvidia-cufile nvidia-curand nvidia-cusolver "
    "nvidia-cusparse nvidia-cusparselt-cu13 nvidia-nccl-cu13 nvidia-nvjitlink nvidia-nvshmem-cu13 "
    "nvidia-nvtx triton"
)
"""Packages that torch requires on Linux but does not use on a CPU."""

NOT_SERVING = "flatbuffers huggingface-hub protobuf pyyaml setuptools"
"""Packages that the fast engines' libraries require for their tools, and that no answer imports.

What they require in turn is left out with them.
"""


def main() -> None:
    """Write seven files: run, tests, playground, both images, checkov, clients; pin the Dockerfile."""
    with Path("pyproject.toml").open("rb") as stream:
        extras = tomllib.load(stream)["project"]["optional-dependencies"]
    run = ("pyproject.toml", "--extra", "run")
    _compile(*run, "-o", "requirements.txt")
    _compile(*run, "--extra", "dev", "-c", "requirements.txt", "-o", "requirements-dev.txt")
    _compile(*run, "--extra", "ui", "-c", "requirements-dev.txt", "-o", "requirements-ui.txt")
    images = [*extras["serve"], *extras["full"]]
    _compile_alone(images, HASHES, "-c", "requirements.txt", "-o", "docker/requirements.txt")
    pins = (HASHES, "-c", "docker/requirements.txt", "-o", "docker/requirements-serve.txt")
    _compile_alone(extras["serve"], *pins, without=NOT_SERVING)
    for alone in ("checkov", "clients"):
        _compile_alone(extras[alone], "-o", f"requirements-{alone}.txt")
    (torch,) = re.findall(r"(?m)^torch==(\S+)", Path("docker/requirements.txt").read_text(encoding="utf-8"))
    image_pins.say(image_pins.update(DOCKERFILE, torch))


def _compile_alone(packages: list[str], *arguments: str, without: str = "") -> None:
    """Resolve some packages without the project's other dependencies."""
    with tempfile.TemporaryDirectory() as folder:
        source, excluded = Path(folder, "wanted.in"), Path(folder, "excluded.txt")
        source.write_text("\n".join(packages))
        excluded.write_text("\n".join(without.split()))
        _compile(str(source), "--excludes", str(excluded), *arguments)


def _compile(*arguments: str) -> None:
    options = ["--universal", "--python-version", "3.11", "--no-header", "--no-annotate", "--quiet"]
    options += ["--no-emit-index-url", "--no-emit-find-links"]
    for package in CUDA.split():
        options += ["--no-emit-package", package]
    subprocess.run([sys.executable, "-m", "uv", "pip", "compile", *options, *arguments], check=True)


if __name__ == "__main__":
    main()
