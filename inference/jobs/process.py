"""Long work in a process of its own, which can be ended at a deadline: both ends of the pipe.

The parent writes one JSON job and keeps the pipe open. The child has a session of its own, which ends as a
whole: at the deadline, and when the pipe closes. So nothing that a child started outlives the function.
The child writes JSON lines to a pipe of their own: progress (``stage`` and figures), then one ``done`` or
``error``. What it and its libraries print goes to the log, marked as theirs: a model's files decide some of
it, and no line of them may pass for one of ours.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TextIO, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from _typeshed import DataclassInstance

    from inference.deadline import Deadline

Job = TypeVar("Job")

PACKAGE_PARENT = Path(__file__).parents[2]
BYTES = "base64"
"""An object with this one key stands for bytes."""
LONGEST_LINE = 2000
"""Bytes of one printed line; a longer one is several."""
LAST_WORDS_S = 2.0
"""For what was printed last, once the child has ended."""

_telling: TextIO | None = None
"""In the child: the pipe to its parent."""


class OutOfTime(Exception):
    """The child was ended at the deadline."""


class Died(Exception):
    """The child ended without saying how; ``code`` is negative for a signal."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exit code {code}")
        self.code = code


def run(
    module: str,
    job: DataclassInstance,
    environment: Mapping[str, str],
    deadline: Deadline,
    progress: Callable[[dict[str, Any]], None],
) -> dict[str, Any]:
    """Run ``python -m module`` on a job; returns its last line.

    What it leaves in its temporary folder goes with it, however it ends.
    """
    with (
        tempfile.TemporaryDirectory(prefix="hublet-", ignore_cleanup_errors=True) as scratch,
        _start(module, {**environment, "TMPDIR": scratch}) as (process, lines),
    ):
        killer = threading.Timer(deadline.remaining_s, _kill_session, (process.pid,))
        killer.start()
        try:
            assert process.stdin
            process.stdin.write(json.dumps(asdict(job), default=_encode).encode() + b"\n")
            process.stdin.flush()
            outcome = _follow(lines, progress)
        except BrokenPipeError:
            outcome = None
        finally:
            killer.cancel()
            _kill_session(process.pid)
    if outcome is not None:
        return outcome
    raise Died(process.returncode) if deadline.remaining_s else OutOfTime


@contextmanager
def _start(module: str, environment: Mapping[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], TextIO]]:
    """The child, and the lines that it tells; what it prints is copied until it has ended."""
    told, telling = os.pipe()
    with open(told, encoding="utf-8") as lines:
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", module, str(telling)],
                cwd=PACKAGE_PARENT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(telling,),
                start_new_session=True,
            )
        finally:
            os.close(telling)
        name = module.removeprefix("inference.")
        copier = threading.Thread(target=_copy_printed, args=(process.stdout, name), daemon=True)
        copier.start()
        with process:
            try:
                yield process, lines
            finally:
                # A job that a dead child never read is in the buffer still, and closing tries once more.
                assert process.stdin
                with suppress(BrokenPipeError):
                    process.stdin.close()
                copier.join(LAST_WORDS_S)


def _copy_printed(printed: IO[bytes], name: str) -> None:
    """Each line with the child's name before it; what could end a line or steer a terminal is spelled out."""
    for line in iter(lambda: printed.readline(LONGEST_LINE), b""):
        text = line.decode(errors="replace").rstrip("\n")
        shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
        print(f"{name}: {shown}", file=sys.stderr, flush=True)


def _kill_session(leader: int) -> None:
    """Before its leader is waited for, so that the number is still this session's."""
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _follow(lines: Iterator[str], progress: Callable[[dict[str, Any]], None]) -> dict[str, Any] | None:
    started_s = time.monotonic()
    for text in lines:
        line: dict[str, Any] = json.loads(text)
        if "stage" not in line:
            return line
        progress({**line, "seconds": round(time.monotonic() - started_s, 2)})
    return None


def read_job(kind: type[Job]) -> Job:
    """In the child: the job; from here on the child dies with its parent, and `emit` is heard."""
    global _telling
    _telling = os.fdopen(int(sys.argv[1]), "w", encoding="utf-8")  # until the child ends
    fields: dict[str, Any] = json.loads(sys.stdin.readline(), object_hook=_decode)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    return kind(**fields)


def emit(**line: Any) -> None:
    """In the child: one JSON line to the parent, if there is one that reads."""
    if _telling:
        print(json.dumps(line), file=_telling, flush=True)


def _encode(value: Any) -> dict[str, str]:
    """Examples of image and audio tasks are bytes, which JSON has not."""
    if not isinstance(value, bytes):
        raise TypeError(f"a job cannot carry a {type(value).__name__}")
    return {BYTES: base64.b64encode(value).decode()}


def _decode(value: dict[str, Any]) -> Any:
    return base64.b64decode(value[BYTES]) if value.keys() == {BYTES} else value


def _die_with_parent() -> None:
    sys.stdin.read()
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(3)
