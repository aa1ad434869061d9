"""Take out of the installed libraries what serves nobody in a function; runs in the image's build."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

TESTS = ("test", "tests")
FOLDERS = ("bin", "torch/include", "torch/share")
"""Command-line scripts and headers."""
PROGRAMS = Path("torch/bin")
NEEDED_PROGRAM = "torch_shm_manager"
"""torch wants to see it when it is imported."""
SERVICES = Path("botocore/data")
NEEDED_SERVICES = ("lambda", "s3", "secretsmanager")
"""The AWS services that functions call; botocore describes 400, each in a folder of its own."""
ELF = b"\x7fELF"


def main(root: Path) -> None:
    """Remove tests, headers, programs and services below ``root``, and symbol tables of shared libraries."""
    tests = [path for name in TESTS for path in root.rglob(name) if path.is_dir()]
    programs = [path for path in _inside(root / PROGRAMS) if path.name != NEEDED_PROGRAM]
    services = [
        path for path in _inside(root / SERVICES) if path.is_dir() and path.name not in NEEDED_SERVICES
    ]
    for path in (*tests, *(root / name for name in FOLDERS), *programs, *services):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    libraries = [path for path in root.rglob("*.so*") if path.is_file() and _may_be_stripped(path)]
    subprocess.run(["strip", "--strip-unneeded", *map(str, libraries)], check=True)


def _inside(folder: Path) -> list[Path]:
    """What is in a folder; nothing where the package that has it is not installed."""
    return list(folder.iterdir()) if folder.is_dir() else []


def _may_be_stripped(path: Path) -> bool:
    """Not what auditwheel put into a folder of its own: strip would break the layout that it gave those."""
    with path.open("rb") as stream:
        return stream.read(len(ELF)) == ELF and not path.parent.name.endswith(".libs")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
