"""Long work in a process of its own, which can be ended at a deadline: both ends of the pipe.

The parent writes one JSON job and keeps the pipe open; the child dies when it closes, so it never outlives
the function. The child writes JSON lines: progress (``stage`` and figures), then one ``done`` or ``error``.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from inference.deadline import Deadline

PACKAGE_PARENT = Path(__file__).parents[1]
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
    job: dict[str, Any],
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
        ) as process,
    ):
        assert process.stdin and process.stdout
        killer = threading.Timer(deadline.remaining_s, process.kill)
        killer.start()
        try:
            process.stdin.write(json.dumps(job, default=_encode) + "\n")
            process.stdin.flush()
            outcome = _follow(process.stdout, progress)
        except BrokenPipeError:
            outcome = None
        finally:
            killer.cancel()
            process.kill()
    if outcome is not None:
        return outcome
    raise Died(process.returncode) if deadline.remaining_s else OutOfTime


def _follow(lines: Iterator[str], progress: Callable[[dict[str, Any]], None]) -> dict[str, Any] | None:
    started_s = time.monotonic()
    for text in lines:
        line: dict[str, Any] = json.loads(text)
        if "stage" not in line:
            return line
        progress({**line, "seconds": round(time.monotonic() - started_s, 2)})
    return None


def read_job() -> dict[str, Any]:
    """In the child: the job; from here on the child dies with its parent."""
    job: dict[str, Any] = json.loads(sys.stdin.readline(), object_hook=_decode)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    return job


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
    os._exit(3)
