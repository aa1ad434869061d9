"""How far a making is, for the functions that wait: written to the bucket now and then."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Self

from inference.jobs.progress import Progress
from inference.relay.bucket import RelayUnreachable
from inference.relay.records import MakingProgress, progress_key

if TYPE_CHECKING:
    from inference.relay.bucket import Bucket

EVERY_S = 2.0
HEARTBEAT_S = 10.0
"""Also without news: functions take a making for dead whose progress is older than they wait."""
KNOWN = {each.name for each in fields(Progress)}


class Reporter:
    """One thread writes, so that a slow bucket holds no work up."""

    def __init__(self, bucket: Bucket, name: str) -> None:
        self._bucket = bucket
        self._key = progress_key(name)
        self._latest = Progress()
        self._news = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write_on, name="progress", daemon=True)
        self._thread.start()

    def __call__(self, facts: dict[str, Any]) -> None:
        """A stage of a preparation, as :class:`inference.prepare.provider.Provider` reports it."""
        if facts.keys() >= KNOWN:
            self._latest = Progress(**{name: facts[name] for name in KNOWN})
            self._news.set()

    def stage(self, stage: str) -> None:
        """A stage of our own."""
        self._latest = Progress(stage, self._latest.total_bytes, self._latest.total_bytes)
        self._news.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing more is written; the last word is the caller's."""
        self._over.set()
        self._news.set()
        self._thread.join()

    def _write_on(self) -> None:
        while not self._over.is_set():
            with suppress(RelayUnreachable):  # those who wait know less; the making goes on
                self._bucket.write(self._key, MakingProgress(self._latest).to_bytes())
            written_s = time.monotonic()
            self._news.clear()
            self._news.wait(HEARTBEAT_S)
            self._over.wait(max(0.0, EVERY_S - (time.monotonic() - written_s)))
