"""How a function gets a model that it misses: one interface, and one strategy behind it for each way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from inference.cache.artifact import Artifact
    from inference.cache.store import ModelStore
    from inference.deadline import Deadline
    from inference.jobs.progress import Progress
    from inference.prepare.preparation import Report
    from inference.task import Model


class Provider(Protocol):
    """Knows what is ready (``store``), and has the rest made."""

    @property
    def store(self) -> ModelStore: ...

    def fetch(self, model: Model, deadline: Deadline, report: Report) -> Artifact:
        """The artifact, made if it is missing, before the deadline.

        ``report`` is called with each stage. Raises :class:`ModelNotReady` when the deadline comes first, and
        the reason where the model cannot be had.
        """

    def state(self, model: Model) -> str:
        """``ready``, ``preparing`` or ``cold``; starts nothing."""

    def progress(self, model: Model) -> Progress:
        """What whoever prepares this model reported last."""
