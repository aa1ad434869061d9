"""Who makes an artifact: one document for each name, replaced by its holder alone, as a heartbeat.

A conditional write is one operation of S3's. Who took a lease over has another tag, so whoever was late
finds its own gone, however late it wakes.
"""

from __future__ import annotations

import json
import threading
import uuid
from typing import TYPE_CHECKING

from inference.jobs.refused import LeaseLost
from inference.relay.bucket import RelayUnreachable
from inference.relay.records import lease_key

if TYPE_CHECKING:
    from inference.relay.bucket import Bucket

STALE_S = 60.0
"""Without a heartbeat for so long, a factory is taken for dead. If that is wrong, work is done twice."""
HEARTBEAT_S = 10.0


class MakingLease:
    """A lease while it is ours, until ``end``."""

    def __init__(self, bucket: Bucket, name: str, etag: str, making: str, heartbeat_s: float) -> None:
        self.making = making
        self._bucket = bucket
        self._key = lease_key(name)
        self._etag: str | None = etag
        """Of our document; ``None`` once another one took its place."""
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._heartbeat_s = heartbeat_s
        self._thread = threading.Thread(target=self._keep_fresh, name="lease", daemon=True)
        self._thread.start()

    @classmethod
    def take(
        cls, bucket: Bucket, name: str, stale_s: float = STALE_S, heartbeat_s: float = HEARTBEAT_S
    ) -> MakingLease | None:
        """``None`` if another factory is at work, or was quicker."""
        making, key = uuid.uuid4().hex, lease_key(name)
        body = _document(making)
        etag = bucket.write_if_absent(key, body)
        if etag is None:
            other = bucket.read(key)
            if other is None or not (_is_ended(other.body) or other.age_s > stale_s):
                return None
            etag = bucket.write_if_same(key, body, other.etag)
        return None if etag is None else cls(bucket, name, etag, making, heartbeat_s)

    def check(self) -> None:
        """Raises :class:`LeaseLost` unless the lease is ours: to be asked before what others will see."""
        with self._lock:
            self._replace(_document(self.making))

    def end(self) -> None:
        """Free the lease. Its document stays, and says so. Twice is as good as once."""
        if self._over.is_set():
            return
        self._over.set()
        self._thread.join()
        with self._lock:
            try:
                self._replace(_document(self.making, is_ended=True))
            except (LeaseLost, RelayUnreachable):
                return  # another one has it, or takes it when it is stale

    def _replace(self, body: bytes) -> None:
        if self._etag is not None:
            self._etag = self._bucket.write_if_same(self._key, body, self._etag)
        if self._etag is None:
            raise LeaseLost("another factory makes this model now")

    def _keep_fresh(self) -> None:
        while not self._over.wait(self._heartbeat_s):
            try:
                self.check()
            except LeaseLost:
                return
            except RelayUnreachable:
                continue  # the next heartbeat may arrive


def _document(making: str, *, is_ended: bool = False) -> bytes:
    # Each has a word of its own: S3's tag is a hash of the content, and every heartbeat needs another one.
    return json.dumps({"making": making, "is_ended": is_ended, "beat": uuid.uuid4().hex}).encode()


def _is_ended(body: bytes) -> bool:
    try:
        return json.loads(body)["is_ended"] is True
    except (ValueError, TypeError, KeyError):
        return False
