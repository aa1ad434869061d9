"""A Hub with a small model, faults with a switch, and file systems of a few bytes."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from local.demo_models import DEMO_REPOSITORIES
from local.hub import HubServer
from tests.cache.site import Site, put_repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    put_repository(tmp_path)
    with HubServer(tmp_path / "repositories") as hub:
        site = Site(tmp_path, hub)
        yield site
        site.stop()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Site]:
    """With the Hub of the demo models."""
    with HubServer(DEMO_REPOSITORIES) as hub:
        site = Site(tmp_path, hub)
        yield site
        site.stop()


@pytest.fixture
def switched(site: Site) -> Callable[[str, str, str], Path]:
    """A fault that holds until its switch is deleted."""

    def on(call: str, errno: str, path: str) -> Path:
        switch = site.root / "fault"
        switch.touch()
        site.faults = [{"call": call, "errno": errno, "path": path, "while": str(switch)}]
        return switch

    return on


@pytest.fixture
def small_mount(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A real file system of so many bytes, which takes the right to mount one."""
    mounted: list[Path] = []

    def mount(options: str) -> Path:
        folder = tmp_path / f"mount-{len(mounted)}"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
        if os.geteuid() or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("takes the right to mount a file system")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
