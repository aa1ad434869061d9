"""Small reads, which keep the heap of a long-lived process whole.

For each read asyncio takes as much memory as it may bring, 256 KB by its own choice, and gives back what did
not come. Under load the heap fills with holes between what is in use: at 230 calls a second the local cloud's
grew by 1.3 MB a minute, with the same bytes in use all the time.
"""

from __future__ import annotations

import asyncio
import os

READ_BYTES = 16 * 1024


def read_little(transport: asyncio.BaseTransport) -> None:
    """Have a transport of asyncio's read at most ``READ_BYTES`` at a time."""
    transport.max_size = READ_BYTES  # type: ignore[attr-defined]


async def open_pipe(descriptor: int, limit_bytes: int) -> asyncio.StreamReader:
    """A reader of a pipe's end, which it closes; a line may have ``limit_bytes``."""
    reader = asyncio.StreamReader(limit=limit_bytes)
    protocol = asyncio.StreamReaderProtocol(reader)
    end = os.fdopen(descriptor, "rb")
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, end)
    read_little(transport)
    return reader
