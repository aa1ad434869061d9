"""Protect models that are being prepared, and artifacts that a running environment may read."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from inference.cache.lease import Lease
from inference.errors import ModelInUse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from inference.cache.layout import CacheLayout
    from inference.maintenance.inventory import CachedArtifact

RECENT_S = 12 * 3600
"""An environment maps its model's files as long as it runs; Lambda ends each one after some hours."""


@contextmanager
def hold_lease(layout: CacheLayout, model: str, *, force: bool = False) -> Iterator[bool]:
    """Hold the model's lease, so that no preparation starts; yields whether we have it.

    Raises :class:`ModelInUse` if another process holds it, unless ``force`` is set.
    """
    folder = layout.state(model)
    folder.mkdir(parents=True, exist_ok=True)
    lease = Lease(folder)
    latest = lease.latest()
    holder = None if lease.is_live(latest) else lease.try_take(latest)
    if holder is None and not force:
        raise ModelInUse(f'{model} is being prepared; try again later, or add "force": true')
    try:
        yield holder is not None
    finally:
        if holder:
            holder.end()


def may_be_in_use(artifact: CachedArtifact) -> bool:
    """Whether an environment that loaded it may still run; without a load mark, its age counts."""
    return time.time() - (artifact.loaded_s or artifact.made_s) < RECENT_S


def refuse_if_in_use(artifacts: Iterable[CachedArtifact]) -> None:
    """Raise :class:`ModelInUse` for artifacts in use: an environment fails once its files are deleted."""
    for artifact in artifacts:
        if may_be_in_use(artifact):
            raise ModelInUse(
                f"{artifact.model}: {artifact.name} was loaded or made less than {RECENT_S // 3600} hours "
                'ago, and a running environment may still read it; try again later, or add "force": true'
            )
