"""``make sbom``: a bill of materials for each image, which names what its requirements pin."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

IMAGES = {"serve": "docker/requirements-serve.txt", "full": "docker/requirements.txt"}


def test_it_names_every_pinned_package(tmp_path: Path) -> None:
    # Under `make test` it would also print that it enters and leaves a folder.
    command = ["make", "--no-print-directory", "-n", "sbom"]
    plan = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    script = plan.stdout[plan.stdout.index("mkdir -p build") :].replace("build", str(tmp_path))
    environ = {**os.environ, "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"}
    subprocess.run(["sh", "-c", script], cwd=ROOT, check=True, env=environ, timeout=100)
    for image, requirements in IMAGES.items():
        document = json.loads((tmp_path / f"sbom-{image}.json").read_text())
        assert document["bomFormat"] == "CycloneDX"
        named = {(part["name"], part["version"]) for part in document["components"]}
        pinned = re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / requirements).read_text(), re.MULTILINE)
        assert len(pinned) > 20
        assert set(pinned) <= named
