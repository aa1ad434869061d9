"""The Docker engine that is there, if one is, and commands for it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess


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


def remove(reference: str, ids: list[str]) -> None:
    """Remove images by the pattern of their names, and those without one by id, the latest first."""
    names = docker("images", "--filter", f"reference={reference}", "--format", "{{.Repository}}:{{.Tag}}")
    for name in names.stdout.split():
        docker("rmi", "--force", name)
    for id in reversed(ids):
        docker("rmi", id, check=False)  # gone with its child already, or still in use by a build of others
