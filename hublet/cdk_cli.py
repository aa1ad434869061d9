"""The CDK's command line: the checkout's own, else one that is installed once, at the pinned version."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hublet.failure import Failure
from hublet.node import prefer_own_node
from local.folders import ROOT, data_folder

if TYPE_CHECKING:
    from hublet.synthesis import Assembly

PACKAGE = "aws-cdk"
PROGRAM = Path("node_modules", ".bin", "cdk")
LOCK = "package-lock.json"


def run_cdk(action: str, made: Assembly, profile: str | None, *flags: str) -> int:
    """Run one action on what was synthesized; the CLI talks to AWS and to nobody else."""
    program = find_cdk() or install_cdk()
    command = [str(program), action, made.stack, "--app", str(made.folder), *flags]
    command += ["--profile", profile] if profile else []
    environ = {**os.environ, "CDK_DISABLE_CLI_TELEMETRY": "true"}
    return subprocess.run([*command, "--no-notices"], env=environ).returncode


def pinned_version() -> str:
    """The CLI's version, as the lock has it."""
    packages = json.loads((ROOT / LOCK).read_text())["packages"]
    return str(packages[f"node_modules/{PACKAGE}"]["version"])


def find_cdk() -> Path | None:
    """The program, if it is installed."""
    folders = (ROOT, _own_folder())
    return next((folder / PROGRAM for folder in folders if (folder / PROGRAM).exists()), None)


def install_cdk() -> Path:
    """Install the pinned CLI into the data folder, which takes seconds and the npm registry."""
    prefer_own_node()
    npm = shutil.which("npm")
    if npm is None:
        raise Failure("npm is missing, which installs the CDK's command line; install Node.js 20 or newer")
    folder = _own_folder()
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", LOCK):
        shutil.copyfile(ROOT / name, folder / name)
    print(f"hublet: installing the CDK's command line {pinned_version()}, once", file=sys.stderr)
    command = [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    if subprocess.run(command, cwd=folder, stdout=sys.stderr).returncode:
        raise Failure(f"npm could not install {PACKAGE}@{pinned_version()}; the reason is above")
    return folder / PROGRAM


def _own_folder() -> Path:
    return data_folder() / f"cdk-{pinned_version()}"
