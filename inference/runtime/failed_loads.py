"""Artifacts that could not be loaded several times in a row: each try reads and hashes all of one."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inference.errors import HubletError, InternalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from inference.cache.artifact import Manifest

FREE_TRIES = 3
"""A failure or two may be an accident of the moment."""
FIRST_HOLD_S = 30.0
LONGEST_HOLD_S = 300.0


@dataclass(frozen=True)
class FailedLoad:
    """The last of several failures in a row."""

    error: HubletError
    count: int
    held_until_s: float


class FailedLoads:
    """What failed, and until when nobody tries again; one environment's memory, gone with it."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._failed: dict[str, FailedLoad] = {}

    def note(self, manifest: Manifest, error: BaseException) -> None:
        """A load failed once more."""
        before = self._failed.get(_key(manifest))
        count = before.count + 1 if before else 1
        hold_s = (
            min(LONGEST_HOLD_S, FIRST_HOLD_S * 2.0 ** (count - FREE_TRIES)) if count >= FREE_TRIES else 0.0
        )
        shown = error if isinstance(error, HubletError) else InternalError("the model cannot be loaded")
        self._failed[_key(manifest)] = FailedLoad(shown, count, self._now_s() + hold_s)

    def forget(self, manifest: Manifest) -> None:
        """It loads now."""
        self._failed.pop(_key(manifest), None)

    def check(self, manifest: Manifest) -> None:
        """Raises the last error again while the artifact is held, with the wait that is left."""
        failed = self._failed.get(_key(manifest))
        if failed is None:
            return
        left_s = failed.held_until_s - self._now_s()
        if left_s > 0:
            raise type(failed.error)(failed.error.message, retry_after_s=left_s)


def _key(manifest: Manifest) -> str:
    """Another making of the same model is tried at once."""
    return f"{manifest.model}@{manifest.commit} {manifest.folder_name} {manifest.created}"
