"""Handle each event once: Lambda may deliver an asynchronous event twice, with the same request id."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from inference.cache.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable

    from inference.cache.layout import CacheLayout

UNFINISHED = "this event came before and has not finished: it still runs, or was cut off; list tells"


def run_once(layout: CacheLayout, request_id: str, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Call ``act``, or return the answer of an earlier delivery. An event that failed may be sent again."""
    layout.deliveries.mkdir(parents=True, exist_ok=True)
    note = layout.deliveries / f"{hashlib.sha256(request_id.encode()).hexdigest()[:32]}.json"
    try:
        note.touch(exist_ok=False)
    except FileExistsError:
        try:
            return {**json.loads(note.read_text()), "repeated": True}
        except ValueError:
            return {"repeated": True, "problem": UNFINISHED}
    try:
        answer = act()
    except BaseException:
        note.unlink(missing_ok=True)
        raise
    write_atomically(note, answer)
    return answer
