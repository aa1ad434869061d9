"""The bytes of a file on their way out: ranges, and a stream that holds one chunk at a time."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import BinaryIO

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Send

from local.hub_errors import RangeError
from local.hub_faults import Cut, Damage, Faults
from local.hub_repository import Entry

CHUNK = 256 * 1024
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_WRONG = bytes(255 - byte for byte in range(256))


def byte_range(header: str | None, size: int) -> range | None:
    """The bytes asked for; None is all of them, which RFC 9110 also allows for what is not understood."""
    match = _RANGE.fullmatch(header or "")
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


def stream(
    entry: Entry, span: range | None, headers: dict[str, str], faults: Faults, path: str
) -> StreamingResponse:
    """A 200 for the whole file or a 206 for a part, through whatever faults are set when it starts."""
    part = range(entry.size) if span is None else span
    headers = {**headers, "Content-Length": str(len(part))}
    if span is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{entry.size}"
    content = _read(entry, part, faults, faults.damage(path, len(part)))
    return _Stream(content, 200 if span is None else 206, headers, "application/octet-stream")


class _Stream(StreamingResponse):
    """Closes its file at once when the client leaves, not at some later garbage collection."""

    body_iterator: AsyncGenerator[bytes, None]

    async def stream_response(self, send: Send) -> None:
        async with aclosing(self.body_iterator):
            await super().stream_response(send)


async def _read(entry: Entry, part: range, faults: Faults, damage: Damage) -> AsyncGenerator[bytes, None]:
    """The speed is looked up for each chunk, so a test can let go of a slow download."""
    with entry.file.open("rb") as file:
        file.seek(part.start)
        left = len(part) if damage.cut is None else damage.cut
        while left:
            pace = faults.slow
            chunk = await _chunk(file, min(left, max(1, pace // 10) if pace else CHUNK))
            left -= len(chunk)
            yield chunk.translate(_WRONG) if damage.corrupt else chunk
            if pace:
                await asyncio.sleep(len(chunk) / pace)
    if damage.cut is not None:
        raise Cut


async def _chunk(file: BinaryIO, size: int) -> bytes:
    chunk = await run_in_threadpool(file.read, size)
    if not chunk:  # the file was shortened after its size was promised
        raise Cut
    return chunk
