"""A Hub with a small model, faults with a switch, and file systems of a few bytes."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from local.demo.catalog import DEMO_REPOSITORIES
from local.hub.server import HubServer
from tests.support.cluster.cluster import Cluster, put_repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    put_repository(tmp_path)
    with HubServer(tmp_path / "repositories") as hub:
        cluster = Cluster(tmp_path, hub)
        yield cluster
        cluster.stop()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Cluster]:
    """With the Hub of the demo models."""
    with HubServer(DEMO_REPOSITORIES) as hub:
        cluster = Cluster(tmp_path, hub)
        yield cluster
        cluster.stop()


@pytest.fixture
def switched(cluster: Cluster) -> Callable[[str, str, str], Path]:
    """A fault that holds until its switch is deleted."""

    def on(call: str, errno: str, path: str) -> Path:
        switch = cluster.root / "fault"
        switch.touch()
        cluster.faults = [{"call": call, "errno": errno, "path": path, "while": str(switch)}]
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
