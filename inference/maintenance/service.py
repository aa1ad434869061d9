"""From event to answer: read, act once, tell; one log line an event."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from inference import cache_errors
from inference.cache_layout import CacheLayout
from inference.deadline import Deadline
from inference.errors import CacheFull, HubletError, InternalError
from inference.maintenance import deliveries, listing
from inference.maintenance import event as events
from inference.maintenance.inventory import Inventory
from inference.maintenance.prefetching import ask_lambda, prefetch
from inference.maintenance.pruning import Pruning
from inference.maintenance.removal import remove
from inference.maintenance.verification import verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from inference.deadline import LambdaContext
    from inference.maintenance.event import Event
    from inference.maintenance.prefetching import Ask
    from inference.maintenance.settings import MaintenanceSettings


class Maintenance:
    """What Lambda, ``make cache`` and the tests all call."""

    def __init__(self, settings: MaintenanceSettings, ask: Ask = ask_lambda) -> None:
        self._settings = settings
        self._ask = ask
        self._layout = CacheLayout(settings.cache)
        self.logger = Logger(service="cache", level=settings.log_level)

    def __call__(self, event: Any, context: LambdaContext) -> dict[str, Any]:
        """The answer, or a raised error, which Lambda shows with its type."""
        self.logger.append_keys(request_id=context.aws_request_id)
        started_s, asked = time.monotonic(), {}
        try:
            checked = events.read(event, [task.name for task in self._settings.tasks])
            asked = checked.asked
            answer = self._answer(checked, context)
        except Exception as error:
            shown = _shown(error)
            # A refused event may quote its sender, so it is logged by type alone.
            line = {**asked, "error": type(shown).__name__, "seconds": _since(started_s)}
            if shown is error:
                self.logger.warning("refused", extra=line)
            else:
                self.logger.exception("failed", extra=line)
            raise shown.with_traceback(None) from None
        self.logger.info("done", extra={**asked, **_counted(answer), "seconds": _since(started_s)})
        return answer

    def _answer(self, event: Event, context: LambdaContext) -> dict[str, Any]:
        deadline = Deadline.of(context)
        inventory = Inventory(self._layout)
        actions: dict[str, Callable[[], dict[str, Any]]] = {
            "list": lambda: listing.show(inventory, self._settings, event.model),
            "verify": lambda: verify(inventory, event, deadline),
            "remove": lambda: remove(inventory, event, deadline),
            "prefetch": lambda: prefetch(self._settings, event.task, self._ask),
            "prune": lambda: self._prune(inventory, event, deadline),
        }
        act = actions[event.action]
        return deliveries.once(self._layout, context.aws_request_id, act) if event.acts else act()

    def _prune(self, inventory: Inventory, event: Event, deadline: Deadline) -> dict[str, Any]:
        pruning = Pruning(inventory, self._settings, event)
        return pruning.told() if event.dry_run else pruning.done(deadline)


def _shown(error: Exception) -> HubletError:
    if isinstance(error, HubletError):
        return error
    if isinstance(error, OSError) and error.errno in cache_errors.NO_ROOM:
        return CacheFull("the model cache has no room, not even for a note; remove a model")
    if isinstance(error, OSError):
        return cache_errors.unreadable(error, "read or written")
    return InternalError("something went wrong here; the log has the details under this request id")


def _counted(answer: dict[str, Any]) -> dict[str, Any]:
    """Figures as they are, lists by their length."""
    return {name: len(value) if isinstance(value, list) else value for name, value in answer.items()}


def _since(started_s: float) -> float:
    return round(time.monotonic() - started_s, 2)
