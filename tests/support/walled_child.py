"""A conversion or a download, by its own entry point, that reaches for another model's file."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from inference.convert import __main__ as conversion
from inference.errors import ModelUnavailable
from inference.hub import download
from inference.jobs import process
from inference.jobs.refused import Refused

SECRET = Path(os.environ["HUBLET_SECRET"])


def reach(*_: Any) -> Any:
    """Where the model's own files would be read first."""
    found = [_outcome(SECRET.read_bytes), _outcome(lambda: SECRET.write_bytes(b"mine"))]
    process.emit(stage=f"secret: {', '.join(found)}")
    raise Refused(ModelUnavailable("it has done what it came for"))


def _outcome(attempt: Any) -> str:
    try:
        attempt()
    except OSError as error:
        return type(error).__name__
    return "done"


def main() -> int:
    """Which of the two it is, the job tells."""
    line = sys.stdin.readline()
    pipe: Any = _Again(line, sys.stdin)
    sys.stdin = pipe
    if "artifacts" in json.loads(line):
        with patch.object(conversion, "_choose", reach):
            return conversion.main()
    found = SimpleNamespace(siblings=[], sha="a" * 40)
    with (
        patch.object(download, "_model_info", lambda job: found),
        patch.object(download, "choose_files", reach),
    ):
        return download.main()


class _Again:
    """The job's line once more, and then the pipe."""

    def __init__(self, line: str, pipe: Any) -> None:
        self._lines, self._pipe = [line], pipe

    def readline(self) -> str:
        return self._lines.pop()

    def read(self) -> str:
        return str(self._pipe.read())


if __name__ == "__main__":
    sys.exit(main())
