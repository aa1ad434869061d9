"""What is on the model cache, for one function: ready artifacts, and how far a missing one is.

Nothing here makes an artifact; `inference.prepare` does. Reading needs no network and no Hub library.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from inference.cache import errors as cache_errors
from inference.cache import last_used
from inference.cache.artifact import MANIFEST, SUFFIX, Artifact, DamagedArtifact
from inference.cache.files import recorded_commit, set_aside
from inference.cache.layout import CacheLayout
from inference.cache.lease import STALE_S, Lease
from inference.jobs.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from inference.cache.artifact import Manifest
    from inference.task import Model


class ModelStore:
    """The cache under one mount; safe to use from many processes on many machines at once."""

    def __init__(self, root: Path, accepts: Callable[[Manifest], bool], stale_s: float = STALE_S) -> None:
        self.layout = CacheLayout(root)
        self._accepts = accepts
        """Whether an artifact is what this function would have made."""
        self._stale_s = stale_s
        self._damaged: set[tuple[str, int]] = set()
        """Artifacts that could not be loaded, and stay where they are on a read-only cache."""

    def find(self, model: Model) -> Artifact | None:
        """The ready artifact, or ``None``.

        Raises :class:`InternalError` where the cache cannot be read, which says nothing of what is on it.
        """
        try:
            try:
                return self._find(model)
            except OSError as error:
                if error.errno not in (errno.ESTALE, errno.ENOENT):
                    raise
                return self._find(model)  # another machine renamed what we looked at: names lead to the new
        except OSError as error:
            raise cache_errors.unreadable(error) from error

    def _find(self, model: Model) -> Artifact | None:
        commit = self._commit(model)
        folder = self.layout.artifacts(model.id) / commit if commit else None
        if folder is None or not folder.is_dir():
            return None
        # The fast engines' names sort before "transformers", what a conversion that failed fell back to.
        for candidate in sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIX)):
            try:
                opened = Artifact.open(candidate)
                opened.check_place()
            except DamagedArtifact:
                set_aside(candidate)
                continue
            if self._accepts(opened.manifest) and not self._is_known_damaged(opened):
                return opened
        return None

    def set_aside_if_damaged(self, artifact: Artifact) -> bool:
        """For one that could not be loaded: read all of it, and move a damaged one out of the way.

        The next call that finds it missing has it made again.
        """
        try:
            is_damaged = artifact.damaged_file() is not None
            self._damaged |= {_identity(artifact)} if is_damaged else set()
        except FileNotFoundError:
            return True  # another environment was first
        except OSError:
            return False  # nothing is known of files that cannot be read
        if is_damaged:
            set_aside(artifact.folder)
        return is_damaged

    def _is_known_damaged(self, artifact: Artifact) -> bool:
        return bool(self._damaged) and _identity(artifact) in self._damaged

    def state(self, model: Model) -> str:
        """``ready``, ``preparing`` or ``cold``."""
        if self.find(model):
            return "ready"
        lease = self.lease(model)
        return "preparing" if lease.is_live(lease.latest()) else "cold"

    def progress(self, model: Model) -> Progress:
        """What the process that prepares this model reported last."""
        try:
            record = self.lease(model).latest()
            return Progress(**record.note["progress"]) if record else Progress()
        except (OSError, KeyError, TypeError):
            return Progress()

    def mark_loaded(self, artifact: Artifact) -> None:
        """Tell whoever cleans up that this artifact is in use; the caller does not wait for it."""
        last_used.leave(self.layout, artifact.folder)

    def lease(self, model: Model) -> Lease:
        """Whoever holds it works on the model."""
        return Lease(self.layout.state(model.id), self._stale_s)

    def _commit(self, model: Model) -> str | None:
        if model.is_pinned:
            return model.revision
        return recorded_commit(self.layout.revision(model.id, model.revision))


def _identity(artifact: Artifact) -> tuple[str, int]:
    """Of this very folder: one that replaces it has another manifest file."""
    return str(artifact.folder), (artifact.folder / MANIFEST).stat().st_ino
