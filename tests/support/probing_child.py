"""A decoding process that tells what it may do, instead of decoding."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.media.child import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from inference.media.child import Send


def probe(job: Mapping[str, Any], data: bytes, send: Send) -> dict[str, Any]:
    return {
        "size": len(data),
        "has_canary": b"canary" in ENVIRONMENT,
        "opens": _outcome(lambda: Path("/etc/hostname").read_bytes()),
        "writes": _outcome(lambda: Path("left-behind").write_bytes(b"x")),
        "connects": _outcome(lambda: socket.socket(socket.AF_INET)),
    }


def _outcome(act: Callable[[], object]) -> str:
    try:
        act()
    except OSError as error:
        return type(error).__name__
    return "done"


if __name__ == "__main__":
    ENVIRONMENT = Path("/proc/self/environ").read_bytes()
    serve(probe)
