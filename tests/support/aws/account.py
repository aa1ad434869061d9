"""An account of moto's, and the pinned CDK CLI in it, as a user has them in a shell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.aws import inventory
from tests.support.aws.docker_program import RECORD
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.support.aws.inventory import Inventory

ID = "123456789012"
REGION = "us-east-1"
CDK = ROOT / "node_modules" / ".bin" / "cdk"
# Rules of the Makefile that install: whoever runs tests has done that.
INSTALLED = tuple(
    f"--old-file={each}" for each in (".venv/run.stamp", ".venv/ui.stamp", "node_modules/.package-lock.json")
)
INVOCATIONS = "INVOCATIONS_RECORD"
DOCKER = '#!/bin/sh\nPYTHONPATH="{root}" exec "{python}" -m tests.support.aws.docker_program "$@"\n'


@dataclass(frozen=True)
class Account:
    """One account in one region, bootstrapped."""

    environ: Mapping[str, str]
    folder: Path

    def cdk(self, *arguments: str) -> str:
        """Run the CLI in the project's folder; what it printed."""
        return self._run(str(CDK), *arguments, "--output", str(self.folder / "cdk.out"))

    def make(self, target: str, flags: str, *context: str) -> str:
        """Run ``make deploy`` or ``make destroy`` as a script does, with no terminal; what it printed."""
        return self._run(
            *("make", *INSTALLED, target),
            f"CDK_FLAGS={flags} --output {self.folder / 'cdk.out'}",
            f"OUTPUTS={self.folder / 'outputs.json'}",
            f"CONTEXT={' '.join(f'-c {each}' for each in context)}",
        )

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        self.check()
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def client(self, service: str) -> Any:
        return self._session.client(service)

    def inventory(self) -> Inventory:
        return inventory.take(self._session)

    def docker_commands(self) -> list[str]:
        """What the CLI asked of docker so far, oldest first."""
        record = self.folder / "docker.jsonl"
        return record.read_text().splitlines() if record.exists() else []

    def invocations(self) -> list[dict[str, Any]]:
        """Which functions were invoked so far, oldest first."""
        record = self.folder / "invocations.jsonl"
        return [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []

    def check(self) -> None:
        """The CLI takes a stack for complete that moto gave up on; its log knows."""
        assert "Traceback" not in self.log, self.log[self.log.index("Traceback") :][:4000]

    @property
    def log(self) -> str:
        return (self.folder / "moto.log").read_text()

    @property
    def _session(self) -> Any:
        import boto3

        return _Session(boto3.Session("test", "test", region_name=REGION), self.environ["AWS_ENDPOINT_URL"])


@dataclass(frozen=True)
class _Session:
    """Clients for moto, whatever this process's own environment says."""

    session: Any
    endpoint_url: str

    def client(self, service: str) -> Any:
        return self.session.client(service, endpoint_url=self.endpoint_url)


@contextmanager
def account(folder: Path, *bootstrap: str, **variables: str) -> Iterator[Account]:
    """Start moto's server on loopback and bootstrap the account; ``variables`` go to the docker program."""
    with server(folder) as port:
        made = Account({**_environ(folder, port), **variables}, folder)
        made.cdk("bootstrap", f"aws://{ID}/{REGION}", *bootstrap)
        yield made


@contextmanager
def server(folder: Path) -> Iterator[int]:
    """moto's server, its log in the folder; yields its port."""
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "MOTO_LAMBDA_STUB_ECR": "false",  # an image that nobody pushed is an error
        INVOCATIONS: str(folder / "invocations.jsonl"),
    }
    with (folder / "moto.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.aws.moto_server"],
            cwd=ROOT,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()


def _environ(folder: Path, port: int) -> dict[str, str]:
    program = folder / "docker"
    program.write_text(DOCKER.format(root=ROOT, python=sys.executable))
    program.chmod(0o755)
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))},
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        # By this name: moto tells addresses of buckets by it.
        "AWS_ENDPOINT_URL": f"http://localhost:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "CDK_DOCKER": str(program),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        RECORD: str(folder / "docker.jsonl"),
    }
