"""One function in a container that is as strict as Lambda's sandbox, behind the official emulator."""

from __future__ import annotations

import json
import math
import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.settings import MEMORY_PER_VCPU_MB
from tests.support.container.engine import docker
from tests.support.leftovers import free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.cloud.template import LocalFunction

TASKS = ("sentiment", "embeddings", "chat", "speech", "translation", "image-classification")
"""Together they take every fast engine, and every library that reads a kind of input."""
USER = "993:990"
"""Some user without rights, as Lambda has one; the cache belongs to it."""
EMULATOR = "/emulator"
START_TIMEOUT_S = 60
POST = """\
import sys, urllib.error, urllib.request
url = f"http://127.0.0.1:{sys.argv[1]}/2015-03-31/functions/function/invocations"
try:
    answer = urllib.request.urlopen(url, sys.stdin.buffer.read())
except urllib.error.HTTPError as error:  # 502: the function's process ended
    answer = error
sys.stdout.write(answer.read().decode())
"""
CONNECT = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 1).close()"


class Container:
    """A running container; calls are made from inside it, so that it needs no network."""

    def __init__(self, id: str, port: int, mounts: tuple[str, ...]) -> None:
        self.id = id
        self._port = port
        self._mount_points = {f"A {path}" for path in mounts} | {f"C {Path(path).parent}" for path in mounts}

    def invoke(self, event: Any) -> Any:
        """The function's result, or the error document that Lambda would give."""
        done = docker(
            "exec", "--interactive", self.id, "python3", "-c", POST, str(self._port), stdin=json.dumps(event)
        )
        return json.loads(done.stdout)

    @property
    def peak_mb(self) -> int:
        """The most that it ever had, files that it read included; rounded up."""
        return math.ceil(int(self._cgroup("memory.peak", "memory/memory.max_usage_in_bytes")) / 2**20)

    @property
    def killed(self) -> int:
        """How many of its processes were ended because memory ran out."""
        return _counters(self._cgroup("memory.events", "memory/memory.oom_control"))["oom_kill"]

    def _cgroup(self, name: str, old_name: str) -> str:
        """A file of the kernel's, which has two versions of where it is."""
        command = f"cd /sys/fs/cgroup; cat {name} 2>/dev/null || cat {old_name}"
        return docker("exec", self.id, "sh", "-c", command).stdout

    def readable_variables(self, begins: str) -> list[str]:
        """Variables of each process whose command begins so, as another process of its user reads them."""
        flat = "tr '\\0' ' '"
        look = f'case "$({flat} < $p/cmdline)" in "{begins}"*) echo "= $({flat} < $p/environ)";; esac'
        loop = f"for p in /proc/[0-9]*; do {look}; done 2>/dev/null"
        return [each.strip() for each in docker("exec", self.id, "sh", "-c", loop).stdout.split("= ")[1:]]

    def changed_paths(self) -> list[str]:
        """What differs from the image on its own file system, but for where things are mounted."""
        return sorted(set(docker("diff", self.id).stdout.splitlines()) - self._mount_points)

    @property
    def log(self) -> str:
        done = docker("logs", self.id)
        return done.stdout + done.stderr

    def wait_until_it_listens(self) -> None:
        ends_s = time.monotonic() + START_TIMEOUT_S
        while docker("exec", self.id, "python3", "-c", CONNECT, str(self._port), check=False).returncode:
            assert time.monotonic() < ends_s, self.log
            time.sleep(0.1)


@contextmanager
def run(
    image: str,
    function: LocalFunction,
    emulator: Path,
    cache: Path,
    *,
    network: str = "none",
    memory_mb: int | None = None,
    may_write: bool = True,
    **variables: str,
) -> Iterator[Container]:
    """Start the function with its memory and share of CPU; only /tmp and the cache can be written.

    ``may_write=False`` mounts the cache as functions with a relay have it.
    """
    memory_mb = memory_mb or function.memory_mb
    environment = {
        **function.environment,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mb),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(function.timeout_s),
        **variables,
    }
    port, api_port = free_ports(2)
    arguments = [
        "--read-only",
        "--tmpfs=/tmp:size=512m",
        "--cap-drop=ALL",
        f"--user={USER}",
        "--shm-size=0",
        *(f"--memory={memory_mb}m", f"--memory-swap={memory_mb}m"),  # the same: no swap
        f"--cpus={min(memory_mb / MEMORY_PER_VCPU_MB, os.cpu_count() or 1):.2f}",
        f"--network={network}",
        f"--volume={cache}:{function.mount_path}{'' if may_write else ':ro'}",
        f"--volume={emulator}:{EMULATOR}:ro",
        f"--entrypoint={EMULATOR}",
        *(f"--env={name}={value}" for name, value in environment.items()),
    ]
    command = [
        f"--runtime-interface-emulator-address=127.0.0.1:{port}",
        f"--runtime-api-address=127.0.0.1:{api_port}",
        *("python3", "-m", "inference.runtime.loop", function.handler),
    ]
    id = docker("run", "--detach", *arguments, image, *command).stdout.strip()
    container = Container(id, port, (function.mount_path, EMULATOR))
    try:
        container.wait_until_it_listens()
        yield container
    finally:
        docker("rm", "--force", "--volumes", id)


def _counters(lines: str) -> dict[str, int]:
    pairs = (line.split() for line in lines.splitlines())
    return {key: int(value) for key, value in pairs}
