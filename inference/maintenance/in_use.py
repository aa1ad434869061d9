"""What must not be touched: models in preparation, artifacts that a running environment may have open."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from inference.errors import ModelInUse
from inference.lease import Lease

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from inference.cache_layout import CacheLayout
    from inference.maintenance.inventory import CachedArtifact

RECENT_S = 12 * 3600
"""An environment keeps its model's files mapped while it lives; Lambda ends each after some hours."""


@contextmanager
def nobody_preparing(layout: CacheLayout, model: str, *, force: bool = False) -> Iterator[bool]:
    """Take the model's turn, so that no preparation begins; with ``force``, whether it could be had."""
    folder = layout.state(model)
    folder.mkdir(parents=True, exist_ok=True)
    lease = Lease(folder)
    latest = lease.latest()
    held = None if lease.is_live(latest) else lease.try_take(latest)
    if held is None and not force:
        raise ModelInUse(f'{model} is being prepared; try again later, or add "force": true')
    try:
        yield held is not None
    finally:
        if held:
            held.end()


def is_recent(artifact: CachedArtifact) -> bool:
    """Whether an environment that loaded it may still be there; without a mark, what was just made counts."""
    return time.time() - (artifact.loaded_s or artifact.made_s) < RECENT_S


def refuse_recent(artifacts: Iterable[CachedArtifact]) -> None:
    """An environment whose files are deleted on a network file system fails at its next call."""
    for artifact in artifacts:
        if is_recent(artifact):
            raise ModelInUse(
                f"{artifact.model}: {artifact.name} was loaded or made less than {RECENT_S // 3600} hours "
                'ago, and a running environment may still read it; try again later, or add "force": true'
            )
