"""Small reads, which keep the heap of a long-lived process from fragmenting.

For each read asyncio allocates its maximum, 256 KB by default, and frees what was not needed. Under load this
fragments the heap. At 230 calls a second the local cloud's heap grew by 1.3 MB a minute, with the same
number of bytes in use.
"""

from __future__ import annotations

import asyncio
import os

READ_BYTES = 16 * 1024


def read_little(transport: asyncio.BaseTransport) -> None:
    """Limit the reads of an asyncio transport to ``READ_BYTES``."""
    transport.max_size = READ_BYTES  # type: ignore[attr-defined]


async def open_pipe(descriptor: int, limit_bytes: int) -> asyncio.StreamReader:
    """A reader of a pipe, which closes the descriptor; lines may have ``limit_bytes``."""
    reader = asyncio.StreamReader(limit=limit_bytes)
    protocol = asyncio.StreamReaderProtocol(reader)
    end = os.fdopen(descriptor, "rb")
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, end)
    read_little(transport)
    return reader
