"""The Docker engine that is there, if one is, and commands for it."""

from __future__ import annotations

import json
import os
import posixpath
import re
import shutil
import subprocess
import tarfile
import zlib
from typing import IO, Any


def is_running() -> bool:
    """Whether ``docker`` reaches an engine."""
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0


def docker(
    *arguments: str, check: bool = True, timeout_s: float = 1800, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command of the client; what it printed is in the error when it fails."""
    # The classic builder: the newer one is a plugin that not every package of the engine brings.
    environ = {**os.environ, "DOCKER_BUILDKIT": "0"}
    done = subprocess.run(
        ["docker", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        env=environ,
        check=False,
        timeout=timeout_s,
    )
    assert not check or done.returncode == 0, (
        f"docker {arguments[0]}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
    )
    return done


def build(folder: str, name: str, *options: str) -> list[str]:
    """Build an image with no network; also the ids of all that the build left, which has no name."""
    done = docker("build", "--network=none", *options, "--tag", name, folder)
    return re.findall(r"^ ---> ([0-9a-f]{12})$", done.stdout, re.MULTILINE)


def layers(image: str) -> list[str]:
    """What an image is made of, lowest first."""
    found: list[str] = json.loads(docker("image", "inspect", image).stdout)[0]["RootFS"]["Layers"]
    return found


def compressed_bytes(*images: str) -> dict[str, int]:
    """What pushing each of some images would send, by name: its layers, compressed."""
    sizes: dict[str, int] = {}
    links: dict[str, str] = {}
    parts: list[dict[str, Any]] = []
    with (
        subprocess.Popen(["docker", "save", *images], stdout=subprocess.PIPE) as process,
        tarfile.open(fileobj=process.stdout, mode="r|") as archive,
    ):
        for member in archive:
            stream = archive.extractfile(member) if member.isfile() else None
            if member.issym():
                links[member.name] = posixpath.normpath(f"{posixpath.dirname(member.name)}/{member.linkname}")
            elif stream and member.name == "manifest.json":
                parts = json.load(stream)
            elif stream:
                sizes[member.name] = _compressed_bytes(stream)
    return {
        part["RepoTags"][0]: sum(sizes[links.get(name, name)] for name in part["Layers"]) for part in parts
    }


def _compressed_bytes(stream: IO[bytes]) -> int:
    """By the fastest of gzip's levels, which is true enough for a comparison."""
    compressor = zlib.compressobj(1)
    size = sum(len(compressor.compress(piece)) for piece in iter(lambda: stream.read(2**20), b""))
    return size + len(compressor.flush())


def remove(reference: str, ids: list[str]) -> None:
    """Remove images by the pattern of their names, and those without one by id, the latest first."""
    names = docker("images", "--filter", f"reference={reference}", "--format", "{{.Repository}}:{{.Tag}}")
    for name in names.stdout.split():
        docker("rmi", "--force", name)
    for id in reversed(ids):
        docker("rmi", id, check=False)  # gone with its child already, or still in use by a build of others
