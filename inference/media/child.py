"""What every decoding process does: each file in a fork of its own, behind walls, told in frames.

Decoders are native code that meets strangers' bytes. So they run where there is nothing to take or to break:
no credentials, no network, no file that could be opened or written, bounded memory and processor time. A file
that brings its decoder down ends one fork; what a file left in memory goes with it.
"""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from inference.jobs import walls

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import BinaryIO

    Send = Callable[[bytes], None]
    Decode = Callable[[Mapping[str, Any], bytes, Send], Mapping[str, Any]]

MOST_MEMORY_BYTES = 1_500_000_000
"""Address space beyond what is there before a file is read; a picture at the limit needs a third."""
MOST_CPU_S = 60
HEAD = struct.Struct(">cI")
"""In front of each frame: its kind, and the bytes that follow."""
JOB = struct.Struct(">II")
"""In front of each job: bytes of its JSON, and bytes of the file."""
READY, DATA, PROBLEM, END = b"R", b"D", b"P", b"E"


class Unreadable(Exception):
    """What is wrong with a file, in words for its sender."""


def serve(decode: Decode) -> None:
    """Read jobs from standard input until it closes, and hand each to ``decode`` in a fork.

    ``decode`` gets the job, the file's bytes and a function that sends bytes. What it returns ends the
    answer. It raises :class:`Unreadable` for a file that is refused.
    """
    walls.close_network()
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a library prints is no frame
    _send(answers, READY, b"")
    while head := sys.stdin.buffer.read(JOB.size):
        job_bytes, file_bytes = JOB.unpack(head)
        job = json.loads(sys.stdin.buffer.read(job_bytes))
        data = sys.stdin.buffer.read(file_bytes)
        status = _run_in_fork(partial(_answer, decode, job, data, answers))
        if status:  # perhaps in the middle of a frame; the parent starts another process
            sys.exit(f"decoding ended with status {status}")


def _run_in_fork(work: Callable[[], None]) -> int:
    """How it ended: 0, an exit code, or minus the number of a signal."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)
    _work_behind_walls(work)


def _work_behind_walls(work: Callable[[], None]) -> NoReturn:
    code = 1
    try:
        walls.end_with_parent()
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)  # libraries complain there of each file, in its own words
        _bound()
        work()
        code = 0
    finally:
        os._exit(code)


def _bound() -> None:
    """No more files, none longer than nothing, and an end to memory and time."""
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        _lower(resource.RLIMIT_AS, pages * resource.getpagesize() + MOST_MEMORY_BYTES)
    _lower(resource.RLIMIT_CPU, MOST_CPU_S)
    for none in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
        _lower(none, 0)


def _lower(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (limit, limit))


def _answer(decode: Decode, job: Mapping[str, Any], data: bytes, answers: BinaryIO) -> None:
    try:
        end = decode(job, data, partial(_send, answers, DATA))
    except MemoryError:
        _send(answers, PROBLEM, b"needs more memory to decode than files are given")
    except Unreadable as error:
        _send(answers, PROBLEM, str(error).encode())
    else:
        _send(answers, END, json.dumps(end).encode())


def _send(answers: BinaryIO, kind: bytes, body: bytes) -> None:
    view = memoryview(HEAD.pack(kind, len(body)) + body)
    while view:
        view = view[answers.write(view) :]
