"""Cold starts, with the model in the page cache and from storage of 100 MB/s."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.process_facts import storage_bytes
from bench.speed import slow_reads

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.speed.contenders import Contender


async def measure_cached(contenders: Sequence[Contender], inputs: Any, pairs: int) -> list[dict[str, float]]:
    """Seconds by contender, ``pairs`` times. In each pair the contenders start one after the other."""
    return [await _measure_pair(contenders, inputs) for _ in range(pairs)]


async def _measure_pair(contenders: Sequence[Contender], inputs: Any) -> dict[str, float]:
    found = {}
    for contender in contenders:
        found[contender.name] = round(await contender.cold(inputs), 3)
        await contender.end()
    return found


async def measure_uncached(
    contenders: Sequence[Contender], inputs: Any, folders: dict[str, Path], pairs: int
) -> dict[str, Any]:
    """Cold starts with the model out of the page cache, and the bytes that each one fetches.

    Limiting reads takes rights. Without them, one unlimited pair counts the bytes.
    The report then computes how long fetching them would take.
    """
    is_limited = all(slow_reads.can_limit(folder) for folder in folders.values())
    seconds, fetched = [], {}
    for _ in range(pairs if is_limited else 1):
        pair = {}
        for contender in contenders:
            folder = folders[contender.name]
            slow_reads.drop_from_page_cache(folder)
            if is_limited:
                with slow_reads.limit_reads(folder):
                    pair[contender.name] = round(await contender.cold(inputs), 3)
            else:
                await contender.cold(inputs)
            fetched[contender.name] = storage_bytes(contender.pid)
            await contender.end()
        seconds.append(pair)
    return {
        "bytes_per_s": slow_reads.BYTES_PER_S,
        "pairs": seconds if is_limited else None,
        "fetched_bytes": {
            name: count or sum(path.stat().st_size for path in folders[name].rglob("*") if path.is_file())
            for name, count in fetched.items()
        },
    }
