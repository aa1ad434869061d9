"""Base images made here, since none can be pulled: Debian with Python, and the same with pip and wheels."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.container import engine
from tests.support.container.engine import docker
from tests.support.paths import ROOT

BASE = "hublet-test/base"
BUILD = "hublet-test/build"
SUITE = "bookworm"
"""Its Python is 3.11; the pins hold for 3.11 and newer."""
KEPT = ROOT / "build" / "container"
"""What takes minutes to get and changes with the pins only."""
DEFAULT_MIRROR = "http://deb.debian.org/debian"
NOT_IN_AN_IMAGE = (
    *("./var/cache/apt/*", "./var/lib/apt/lists/*"),
    *("./usr/share/doc/*", "./usr/share/locale/*", "./usr/share/man/*"),
)
"""What Debian's own slim images leave out too: 140 MB that no base of anybody has."""
SOURCES = Path("/etc/apt/sources.list.d/debian.sources")


def make(tag: str, made: list[str]) -> tuple[str, str]:
    """Names of base and build image, under a tag of the caller's; ids of nameless ones join ``made``."""
    base, build = f"{BASE}:{tag}", f"{BUILD}:{tag}"
    small, large = _root_file_systems()
    docker("import", str(small), base)
    docker("import", str(large), f"{build}-tools")
    context = KEPT / "build-context"
    shutil.rmtree(context, ignore_errors=True)
    context.mkdir(parents=True)
    shutil.copytree(_wheels(), context / "wheels", copy_function=os.link)
    (context / "Dockerfile").write_text(
        f"FROM {build}-tools\nCOPY wheels /wheels\nENV PIP_NO_INDEX=1 PIP_BREAK_SYSTEM_PACKAGES=1\n"
    )
    made += engine.build(str(context), build)
    shutil.rmtree(context)
    return base, build


def build(
    folder: Path, base_images: tuple[str, str], name: str, made: list[str], target: str | None = None
) -> str:
    """Build a target of a project folder's docker/Dockerfile, by default the last one."""
    chosen = ["--target", target] if target else []
    file = str(folder / "docker" / "Dockerfile")
    made += engine.build(str(folder), name, *options(base_images), *chosen, "--file", file)
    return name


def options(base_images: tuple[str, str]) -> list[str]:
    """What makes a build of docker/Dockerfile use images and wheels that are here."""
    base, build = base_images
    arguments = {"BASE_IMAGE": base, "BUILD_IMAGE": build, "PIP_FIND_LINKS": "/wheels"}
    arguments |= {"TORCH_INDEX": "", "TORCH_HASHES": ""}  # torch is the build that this machine has
    return [option for item in arguments.items() for option in ("--build-arg", "=".join(item))]


def _root_file_systems() -> tuple[Path, Path]:
    """Tar files of a minimal Debian with Python, and of the same with what the build needs besides."""
    small, large = KEPT / f"{SUITE}-slim.tar", KEPT / f"{SUITE}-slim-build.tar"
    if large.exists():
        return small, large
    KEPT.mkdir(parents=True, exist_ok=True)
    folder = KEPT / SUITE
    shutil.rmtree(folder, ignore_errors=True)
    _run("debootstrap", "--variant=minbase", "--include=python3", SUITE, str(folder), _mirror())
    _pack(folder, small)
    _run(
        "chroot",
        str(folder),
        "apt-get",
        "install",
        "--yes",
        "--no-install-recommends",
        "binutils",
        "python3-pip",
    )
    _pack(folder, large)
    shutil.rmtree(folder)
    return small, large


def _pack(folder: Path, target: Path) -> None:
    unfinished = target.with_suffix(".part")
    left_out = [f"--exclude={pattern}" for pattern in NOT_IN_AN_IMAGE]
    _run("tar", "--create", *left_out, "--directory", str(folder), "--file", str(unfinished), ".")
    unfinished.rename(target)


def _mirror() -> str:
    """The mirror that this machine's own packages come from."""
    lines = SOURCES.read_text().splitlines() if SOURCES.exists() else []
    return next((line.split()[1] for line in lines if line.startswith("URIs:")), DEFAULT_MIRROR)


def _wheels() -> Path:
    """Every pinned wheel, as the build would fetch it, from the indexes that pip is set up with here."""
    folder = KEPT / "wheels"
    pins = ROOT / "docker" / "requirements.txt"
    listed = folder / "requirements.txt"
    if listed.exists() and listed.read_text() == pins.read_text():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    each = re.split(r"\n(?=[a-z])", pins.read_text().strip())
    torch = next(pin.split()[0] for pin in each if pin.startswith("torch=="))
    others = folder / "others.txt"
    others.write_text("\n".join(pin for pin in each if not pin.startswith("torch==")))
    fetch = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--only-binary=:all:",
        "--dest",
        str(folder),
    ]
    _run(*fetch, f"{torch}+cpu")
    _run(*fetch, "--requirement", str(others))
    others.unlink()
    shutil.copyfile(pins, listed)
    return folder


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[0]}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
