"""A local bucket that remembers which keys were written."""

from __future__ import annotations

import uuid

from local.cloud.bucket import LocalBucket


class Written(LocalBucket):
    """A local bucket that remembers which keys were written."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        super().__init__(f"test-{uuid.uuid4().hex[:12]}", self._remember)

    def _remember(self, key: str) -> None:
        self.keys.append(key)
