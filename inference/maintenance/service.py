"""Handle an event: check it, act once, answer, and write one log line."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from inference.cache.layout import CacheLayout
from inference.deadline import Deadline
from inference.maintenance import deliveries, listing
from inference.maintenance import event as events
from inference.maintenance.inventory import Inventory
from inference.maintenance.prefetching import ask_lambda, prefetch, request_models
from inference.maintenance.pruning import Pruning
from inference.maintenance.removal import remove
from inference.maintenance.shelving import Shelf
from inference.maintenance.shown_errors import to_caller_error
from inference.maintenance.verification import verify
from inference.relay.bucket import Bucket
from inference.relay.events import object_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from inference.deadline import LambdaContext
    from inference.maintenance.event import Event
    from inference.maintenance.prefetching import InvokeFunction
    from inference.maintenance.settings import MaintenanceSettings


class Maintenance:
    """The ``cache`` function; Lambda, ``make cache`` and the tests call it."""

    def __init__(self, settings: MaintenanceSettings, ask: InvokeFunction = ask_lambda) -> None:
        self._settings = settings
        self._ask = ask
        self._layout = CacheLayout(settings.cache)
        self._bucket = Bucket(settings.bucket) if settings.bucket else None
        self.logger = Logger(service="cache", level=settings.log_level)

    def __call__(self, event: Any, context: LambdaContext) -> dict[str, Any]:
        """The answer to an event. Errors are raised: Lambda shows them with their type."""
        self.logger.append_keys(request_id=context.aws_request_id)
        started_s, asked = time.monotonic(), {}
        try:
            if self._bucket and object_key(event):
                asked = {"action": "deliver"}
                answer = Shelf(self._layout, self._bucket).answer(event, Deadline.of(context))
            else:
                checked = events.read(event, [task.name for task in self._settings.tasks])
                asked = checked.asked
                answer = self._answer(checked, context)
        except Exception as error:
            shown = to_caller_error(error)
            # The error text may contain input of the caller, so only its type is logged.
            line = {**asked, "error": type(shown).__name__, "seconds": _seconds_since(started_s)}
            if shown is error:
                self.logger.warning("refused", extra=line)
            else:
                self.logger.exception("failed", extra=line)
            raise shown.with_traceback(None) from None
        self.logger.info("done", extra={**asked, **_counted(answer), "seconds": _seconds_since(started_s)})
        return answer

    def _answer(self, event: Event, context: LambdaContext) -> dict[str, Any]:
        deadline = Deadline.of(context)
        inventory = Inventory(self._layout)
        actions: dict[str, Callable[[], dict[str, Any]]] = {
            "list": lambda: listing.list_models(inventory, self._settings, event.model),
            "verify": lambda: verify(inventory, event, deadline),
            "remove": lambda: remove(inventory, event, deadline),
            "prefetch": lambda: self._prefetch(event.task),
            "prune": lambda: self._prune(inventory, event, deadline),
        }
        act = actions[event.action]
        return deliveries.run_once(self._layout, context.aws_request_id, act) if event.acts else act()

    def _prefetch(self, task: str | None) -> dict[str, Any]:
        if self._bucket:
            return request_models(self._settings, task, self._bucket)
        return prefetch(self._settings, task, self._ask)

    def _prune(self, inventory: Inventory, event: Event, deadline: Deadline) -> dict[str, Any]:
        pruning = Pruning(inventory, self._settings, event)
        return pruning.plan() if event.dry_run else pruning.execute(deadline)


def _counted(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer for the log, with the length of each list in its place."""
    return {name: len(value) if isinstance(value, list) else value for name, value in answer.items()}


def _seconds_since(started_s: float) -> float:
    return round(time.monotonic() - started_s, 2)
