"""Send the bytes of a file: ranges, and a stream that holds one chunk at a time."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing
from typing import TYPE_CHECKING, BinaryIO

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from local.hub.errors import RangeError
from local.hub.faults import ConnectionCut, Damage, Faults

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.types import Send

    from local.hub.repository import RepositoryFile

CHUNK_BYTES = 256 * 1024
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
INVERTED = bytes(255 - byte for byte in range(256))


def parse_range(header: str | None, size: int) -> range | None:
    """The requested bytes, ``None`` for all of them. RFC 9110 also allows all for an invalid header."""
    match = RANGE.fullmatch(header or "")
    if not match or match.group(0) == "bytes=-":
        return None
    first, last = match.groups()
    start = int(first) if first else max(0, size - int(last))
    stop = min(int(last) + 1, size) if first and last else size
    if first and last and int(last) < start:
        return None
    if start >= size:
        raise RangeError(size)
    return range(start, stop)


def stream_file(
    entry: RepositoryFile, span: range | None, headers: dict[str, str], faults: Faults, path: str
) -> StreamingResponse:
    """Answer 200 with the whole file or 206 with a part, and apply the current faults."""
    part = range(entry.size) if span is None else span
    headers = {**headers, "Content-Length": str(len(part))}
    if span is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{entry.size}"
    content = _read(entry, part, faults, faults.plan_damage(path, len(part)))
    return _Stream(content, 200 if span is None else 206, headers, "application/octet-stream")


class _Stream(StreamingResponse):
    """Closes its file as soon as the client leaves, without waiting for garbage collection."""

    body_iterator: AsyncGenerator[bytes, None]

    async def stream_response(self, send: Send) -> None:
        async with aclosing(self.body_iterator):
            await super().stream_response(send)


async def _read(
    entry: RepositoryFile, part: range, faults: Faults, damage: Damage
) -> AsyncGenerator[bytes, None]:
    """Yield the file in chunks. The speed is read for each chunk, so a test can speed up a slow download."""
    with entry.file.open("rb") as file:
        file.seek(part.start)
        left = len(part) if damage.cut_after_bytes is None else damage.cut_after_bytes
        while left:
            pace = faults.slow_bytes_per_s
            chunk = await _read_chunk(file, min(left, max(1, pace // 10) if pace else CHUNK_BYTES))
            left -= len(chunk)
            yield chunk.translate(INVERTED) if damage.corrupt else chunk
            if pace:
                await asyncio.sleep(len(chunk) / pace)
    if damage.cut_after_bytes is not None:
        raise ConnectionCut


async def _read_chunk(file: BinaryIO, size: int) -> bytes:
    chunk = await run_in_threadpool(file.read, size)
    if not chunk:  # the file became shorter after its size was sent
        raise ConnectionCut
    return chunk
