"""One JSON line a request: who asked, what it took, how it ended; never what was asked."""

from __future__ import annotations

import time
import traceback
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from inference.errors import HubletError, InternalError, ModelNotReady, ModelUnavailable
from inference.jobs.progress import DOWNLOADING
from inference.runtime.metrics import embedded, finite

if TYPE_CHECKING:
    from inference.cache.artifact import Manifest
    from inference.runtime.model_call import ModelCall
    from inference.settings import Settings
    from inference.task import Task

GOES_ON = (*DOWNLOADING, "waiting", "loading")
"""Stages that the next request takes up where this one had to stop; any other starts again."""


class RequestLog:
    """The log of one function; ``logger`` also takes what is told on the way."""

    def __init__(self, task: Task, settings: Settings) -> None:
        self.logger = Logger(service=task.function_name, level=settings.log_level)
        self._task = task.name
        self._namespace = settings.metrics_namespace
        # An environment that is kept ready starts when nobody waits.
        self._is_cold = not settings.is_provisioned
        self._started_s = 0.0

    def begin(self, request_id: str) -> None:
        """All lines from here on carry the request's id."""
        self._started_s = time.monotonic()
        self.logger.append_keys(request_id=request_id)

    def answered(self, model_call: ModelCall, manifest: Manifest | None) -> None:
        """The line of a request that went well."""
        line = self._line(model_call, manifest)
        self.logger.info("answered", extra=line | embedded(self._namespace, line))

    def left(self, model_call: ModelCall, manifest: Manifest | None) -> None:
        """The line of a request whose caller left before its end."""
        line = self._line(model_call, manifest) | {"stage": model_call.stage}
        self.logger.info("the caller left", extra=line | embedded(self._namespace, line))

    def ended(self, error: BaseException, model_call: ModelCall, manifest: Manifest | None) -> HubletError:
        """The line of a request that did not, and what the caller sees of it.

        A caller's mistake is logged by type alone: its message, which the caller has, may quote the caller.
        """
        shown = error if isinstance(error, HubletError) else _unexpected()
        line = self._line(model_call, manifest) | _failure(shown, model_call)
        is_refusal = shown.status < 500 or isinstance(shown, ModelNotReady)
        cause = error.__cause__ if error is shown else error
        if cause is not None and not is_refusal:
            # Raised with an input at hand, it may quote that; before, it is worth reading whole.
            line |= _whole(cause) if model_call.is_preparing else _outline(cause)
        line |= embedded(self._namespace, line)
        if error is shown:
            self.logger.warning("refused" if is_refusal else "failed", extra=line)
        else:
            self.logger.error("failed", extra=line)
        return shown

    def _line(self, model_call: ModelCall, manifest: Manifest | None) -> dict[str, Any]:
        is_cold, self._is_cold = self._is_cold, False
        line: dict[str, Any] = {"task": self._task, "model": model_call.model.id, "ColdStart": int(is_cold)}
        if manifest:
            line |= {"engine": manifest.engine, "precision": manifest.precision}
        if model_call.truncated:
            line["truncated"] = model_call.truncated
        total_ms = round((time.monotonic() - self._started_s) * 1000, 1)
        return finite(line | model_call.figures() | {"total_ms": total_ms})


def _failure(error: HubletError, model_call: ModelCall) -> dict[str, Any]:
    line: dict[str, Any] = {
        "error": type(error).__name__,
        "status": error.status,
        "stage": model_call.stage,
        "Errors": 1,
    }
    if error.status >= 500 or isinstance(error, ModelUnavailable):
        line["reason"] = error.message
    if error.status >= 500 and not isinstance(error, ModelNotReady):
        line["Faults"] = 1
    if model_call.is_preparing and not (isinstance(error, ModelNotReady) and model_call.stage in GOES_ON):
        line["PreparationFailures"] = 1
    return line


def _unexpected() -> InternalError:
    return InternalError("something went wrong here; the log has the details under this request id")


def _whole(error: BaseException) -> dict[str, Any]:
    return {"raised": type(error).__name__, "traceback": "".join(traceback.format_exception(error))}


def _outline(error: BaseException) -> dict[str, Any]:
    """Where it was raised, without what it says."""
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "raised": type(error).__name__,
        "traceback": "\n".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames),
    }
