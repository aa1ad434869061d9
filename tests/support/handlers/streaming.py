"""A Lambda handler that streams what its event asks for, for the loop and the local cloud."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.http.stream import StreamedReply

if TYPE_CHECKING:
    from collections.abc import Iterator

POLL_S = 0.005
WAIT_S = 30.0


def handler(event: dict[str, Any], context: Any) -> Any:
    """``{"chunks": [...]}``: a stream of them; ``wait_for`` are files that must be there before each.

    ``raise``: the error's message at the end; ``mark``: a file that says how many chunks were made.
    A chunk may also be ``exit``, which ends the process.
    """
    if "rawPath" in event:  # of a function URL
        event = json.loads(event["body"])
    if "chunks" not in event:
        return event
    headers = {"content-type": "text/plain", "x-request-id": "1"}
    return StreamedReply(event.get("status", 200), headers, _chunks(event))


def _chunks(event: dict[str, Any]) -> Iterator[bytes]:
    waits = event.get("wait_for", [])
    made = 0
    try:
        for number, chunk in enumerate(event["chunks"]):
            if number < len(waits) and waits[number]:
                _wait(Path(waits[number]))
            if chunk == "exit":
                os._exit(3)
            made += 1
            yield chunk.encode()
        if "raise" in event:
            raise ValueError(event["raise"])
    finally:
        if "mark" in event:
            Path(event["mark"]).write_text(str(made))


def _wait(file: Path) -> None:
    ends_s = time.monotonic() + WAIT_S
    while not file.exists():
        if time.monotonic() > ends_s:
            raise TimeoutError(str(file))
        time.sleep(POLL_S)
