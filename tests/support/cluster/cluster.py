"""One cache, one Hub with a small model, and environments as processes to be ended, frozen or hurt."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from local.hub.server import HubServer

MODEL = "hublet/small"
WEIGHTS = bytes(range(256)) * 8192  # 2 MiB
CONFIG = b'{"model_type": "bert"}'
ANSWER = hashlib.sha256(CONFIG + WEIGHTS).hexdigest()
"""Of the files in the order of their names."""
DEMO = "hublet/demo-sentiment"
TEXT = "I love this film."
SENTIMENT = {"model": DEMO, "tag": "text-classification", "examples": [TEXT], "text": TEXT}
"""What an environment is told for a model that is converted."""
FAULTY = Path(__file__).parent / "faulty"


def put_repository(root: Path) -> None:
    """The small model, below ``repositories``."""
    folder = root / "repositories" / MODEL
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(WEIGHTS)
    (folder / "config.json").write_bytes(CONFIG)


class Process:
    """A module that runs on a JSON job, in a process group of its own, and writes JSON lines."""

    def __init__(self, module: str, job: dict[str, Any], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, json.dumps(job)],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.lines: list[dict[str, Any]] = []

    def read_until(self, stage: str) -> None:
        """Returns when this stage is reported."""
        assert self.process.stdout
        for text in self.process.stdout:
            self.lines.append(json.loads(text))
            if self.lines[-1].get("stage") == stage:
                return
        raise AssertionError(f"it never came to {stage}: {self.lines}")

    def signal(self, number: int) -> None:
        """To it and to all that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def signal_children(self, number: int) -> None:
        """To what it started alone."""
        pid = self.process.pid
        with contextlib.suppress(OSError):
            for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
                os.kill(int(child), number)

    def outcome(self, within_s: float = 120) -> dict[str, Any]:
        """Its last line; an empty one if it was killed."""
        out, err = self.process.communicate(timeout=within_s)
        self.lines += [json.loads(text) for text in out.splitlines()]
        if self.process.returncode < 0:
            return {}
        assert self.process.returncode == 0, err
        return self.lines[-1]

    def stop(self) -> None:
        """End it and all that it started, in whatever state they are."""
        self.signal(signal.SIGKILL)
        if self.process.returncode is None:
            self.process.communicate()


class Cluster:
    """One cache, one Hub, and the environments that share them."""

    def __init__(self, root: Path, hub: HubServer) -> None:
        self.root = root
        self.cache = root / "cache"
        self.hub = hub
        self.workers: list[Process] = []
        self.faults: list[dict[str, str]] = []
        self.seen = root / "faults-seen"

    def start(self, **job: Any) -> Process:
        """An environment, with the faults that are set now."""
        environment = {}
        if self.faults:
            environment = {
                "PYTHONPATH": f"{FAULTY}:{ROOT}",
                "FAULTS": json.dumps(self.faults),
                "FAULTS_SEEN": str(self.seen),
            }
        job = {
            "cache": str(self.cache),
            "hub_url": self.hub.url,
            "model": MODEL,
            "child_environment": environment,
            **job,
        }
        self.workers.append(Process("tests.support.cluster.worker", job, environment))
        return self.workers[-1]

    def outcome(self, **job: Any) -> dict[str, Any]:
        """What an environment says that is left alone."""
        return self.start(**job).outcome()

    def half_made(self) -> list[str]:
        """Whatever is under a name that says it is not finished."""
        paths = [path.relative_to(self.cache).as_posix() for path in self.cache.rglob("*")]
        return [path for path in paths if path.endswith((".tmp", ".incomplete")) or ".json." in path]

    def artifacts(self) -> list[Path]:
        """Published folders."""
        found = sorted((self.cache / "artifacts").glob("*/*/*"))
        return [path for path in found if not path.name.startswith(".") and path.suffix != ".damaged"]

    def stop(self) -> None:
        for worker in self.workers:
            worker.stop()
