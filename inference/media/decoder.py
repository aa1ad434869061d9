"""A process that decodes strangers' files, from the side of the one that asks it.

The first file that needs it starts it, and it stays: a fork of it takes a file in milliseconds. A file that
takes too long ends it, and the next file starts another one.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.errors import DeadlineExceeded, InvalidField
from inference.media.child import DATA, END, HEAD, JOB, PROBLEM, READY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import IO

PACKAGE_PARENT = Path(__file__).parents[2]
LONGEST_S = 60.0
"""For one file, however much time the request has: half an hour of sound takes a tenth of it."""


class Decoder:
    """The decoding process for one kind of files; it takes one at a time."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None
        self._is_ready = False
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the process ahead of the first file, which then need not wait for it."""
        with self._lock:
            self._running()

    def decode(
        self, data: bytes, job: Mapping[str, Any], at: str, limit_s: float = LONGEST_S
    ) -> Iterator[bytes | dict[str, Any]]:
        """What the child's ``decode`` sent, block by block, and what it returned as the last.

        Raises :class:`InvalidField` at ``at`` with the child's words, for a file that takes longer than
        ``LONGEST_S``, and for one that brings the decoder down. Raises :class:`DeadlineExceeded` where
        ``limit_s``, what the request has left, is over before. A reader that leaves early ends the process.
        """
        ends_s = time.monotonic() + min(limit_s, LONGEST_S)
        with self._lock:
            process = self._running()
            killer = threading.Timer(ends_s - time.monotonic(), process.kill)
            killer.start()
            is_done = False
            try:
                self._await_ready(process)
                for kind, body in _frames(process, job, data):
                    is_done = kind != DATA
                    yield _read(kind, body, at)
            except OSError:
                if time.monotonic() < ends_s:
                    raise InvalidField(at, "is damaged: its decoder gave up") from None
                if limit_s < LONGEST_S:
                    raise DeadlineExceeded("the file was not decoded in time") from None
                raise InvalidField(at, f"takes longer than {LONGEST_S:.0f} s to decode") from None
            finally:
                killer.cancel()
                if not is_done:
                    self._end()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process, self._is_ready = _start(self._module), False
        return self._process

    def _await_ready(self, process: subprocess.Popen[bytes]) -> None:
        """A process that does not start is no file's fault."""
        if self._is_ready:
            return
        assert process.stdout
        if process.stdout.read(HEAD.size) != HEAD.pack(READY, 0):
            if process.wait() == -signal.SIGKILL:  # at the deadline
                raise BrokenPipeError
            raise RuntimeError(f"{self._module} did not start")
        self._is_ready = True

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()  # closes both pipes
            self._process = None


def _start(module: str) -> subprocess.Popen[bytes]:
    """Without credentials: of the environment it gets where Python's own library lies, if apart."""
    libraries = sysconfig.get_config_var("LIBDIR") or ""
    return subprocess.Popen(
        [sys.executable, "-m", module],
        cwd=PACKAGE_PARENT,
        env={"LD_LIBRARY_PATH": libraries, "OPENBLAS_NUM_THREADS": "1"},  # a fork copies one thread only
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    )


def _frames(
    process: subprocess.Popen[bytes], job: Mapping[str, Any], data: bytes
) -> Iterator[tuple[bytes, bytes]]:
    """The frames of one answer; the last is no data."""
    assert process.stdin
    assert process.stdout
    told = json.dumps(job).encode()
    _write(process.stdin, JOB.pack(len(told), len(data)) + told + data)
    kind = DATA
    while kind == DATA:
        kind, size = HEAD.unpack(_read_whole(process.stdout, HEAD.size))
        yield kind, _read_whole(process.stdout, size)


def _write(pipe: IO[bytes], data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[pipe.write(view) :]


def _read_whole(pipe: IO[bytes], size: int) -> bytes:
    """So many bytes; ``OSError`` where the process ended before."""
    parts: list[bytes] = []
    while size:
        part = pipe.read(size)
        if not part:
            raise BrokenPipeError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _read(kind: bytes, body: bytes, at: str) -> bytes | dict[str, Any]:
    if kind == PROBLEM:
        raise InvalidField(at, body.decode())
    if kind == END:
        end: dict[str, Any] = json.loads(body)
        return end
    return body
