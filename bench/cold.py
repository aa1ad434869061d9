"""Cold starts, side by side: with the model in the page cache, and from storage of 100 MB/s."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench import slow_reads
from bench.process_facts import storage_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.sides import Side


async def cached(sides: Sequence[Side], inputs: Any, pairs: int) -> list[dict[str, float]]:
    """Seconds of each side, so many times, one side after the other."""
    return [await _pair(sides, inputs) for _ in range(pairs)]


async def _pair(sides: Sequence[Side], inputs: Any) -> dict[str, float]:
    found = {}
    for side in sides:
        found[side.name] = round(await side.cold(inputs), 3)
        await side.end()
    return found


async def uncached(
    sides: Sequence[Side], inputs: Any, folders: dict[str, Path], pairs: int
) -> dict[str, Any]:
    """The same with every file of the model out of the page cache, and the bytes that a start fetches.

    Where the rights to limit reads are missing, one unlimited pair counts the bytes; the report then computes
    what fetching them would add.
    """
    is_limited = all(slow_reads.can_limit(folder) for folder in folders.values())
    seconds, fetched = [], {}
    for _ in range(pairs if is_limited else 1):
        pair = {}
        for side in sides:
            folder = folders[side.name]
            slow_reads.put_out_of_cache(folder)
            if is_limited:
                with slow_reads.limited(folder):
                    pair[side.name] = round(await side.cold(inputs), 3)
            else:
                await side.cold(inputs)
            fetched[side.name] = storage_bytes(side.pid)
            await side.end()
        seconds.append(pair)
    return {
        "bytes_per_s": slow_reads.BYTES_PER_S,
        "pairs": seconds if is_limited else None,
        "fetched_bytes": {
            name: count or sum(path.stat().st_size for path in folders[name].rglob("*") if path.is_file())
            for name, count in fetched.items()
        },
    }
