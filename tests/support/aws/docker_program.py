"""What the CDK CLI runs as docker here (``CDK_DOCKER``): moto's registry takes manifests, but no layers.

It writes down each command, builds where it is told how (by tests/container), and pushes a manifest alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

RECORD = "DOCKER_PROGRAM_RECORD"
BUILD = "DOCKER_PROGRAM_BUILD"
"""Options of every build, as a JSON list; with it, images are built and named by the engine that is here."""
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


def main(command: list[str]) -> int:
    """Run one command of the CLI's; its exit code is docker's."""
    with Path(os.environ[RECORD]).open("a") as record:
        record.write(json.dumps(command) + "\n")
    verb, *arguments = command
    if verb == "login":
        sys.stdin.read()
    elif verb == "push":
        _push_manifest(arguments[-1])
    elif verb == "inspect":
        return 1  # there is no such image yet
    elif BUILD in os.environ:
        options = json.loads(os.environ[BUILD]) if verb == "build" else []
        # The classic builder: the newer one is a plugin that not every package of the engine brings.
        environ = {**os.environ, "DOCKER_BUILDKIT": "0"}
        return subprocess.run(["docker", verb, *options, *arguments], env=environ, check=False).returncode
    return 0


def _push_manifest(name: str) -> None:
    """As the registry would have it, but for the layers; Lambda looks for the manifest."""
    import boto3

    address, _, tag = name.rpartition(":")
    digest = "sha256:" + hashlib.sha256(tag.encode()).hexdigest()
    layer = {"mediaType": "application/octet-stream", "digest": digest, "size": 1}
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": layer, "layers": [layer]}
    boto3.client("ecr").put_image(
        repositoryName=address.rpartition("/")[2], imageManifest=json.dumps(manifest), imageTag=tag
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
