"""Long work in a process of its own, which can be ended at a deadline: both ends of the pipe.

The parent writes one JSON job and keeps the pipe open. The child has a session of its own, which ends as a
whole: at the deadline, and when the pipe closes. So nothing that a child started outlives the function.
The child writes JSON lines: progress (``stage`` and figures), then one ``done`` or ``error``.
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
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from _typeshed import DataclassInstance

    from inference.deadline import Deadline

Job = TypeVar("Job")

PACKAGE_PARENT = Path(__file__).parents[2]
BYTES = "base64"
"""An object with this one key stands for bytes."""


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
        subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=PACKAGE_PARENT,
            env={**environment, "TMPDIR": scratch},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        assert process.stdin and process.stdout
        killer = threading.Timer(deadline.remaining_s, _kill_session, (process.pid,))
        killer.start()
        try:
            process.stdin.write(json.dumps(asdict(job), default=_encode) + "\n")
            process.stdin.flush()
            outcome = _follow(process.stdout, progress)
        except BrokenPipeError:
            outcome = None
        finally:
            killer.cancel()
            _kill_session(process.pid)
    if outcome is not None:
        return outcome
    raise Died(process.returncode) if deadline.remaining_s else OutOfTime


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
    """In the child: the job; from here on the child dies with its parent."""
    fields: dict[str, Any] = json.loads(sys.stdin.readline(), object_hook=_decode)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    return kind(**fields)


def emit(**line: Any) -> None:
    """In the child: one JSON line to the parent."""
    print(json.dumps(line), file=sys.__stdout__, flush=True)


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
