"""The factory's two kinds of events: a request in the bucket, and the stack that is destroyed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from inference.deadline import Deadline
from inference.errors import HubletError, InternalError, InvalidField
from inference.factory import empty_bucket
from inference.factory.making import Making
from inference.relay.bucket import Bucket
from inference.relay.events import object_key
from inference.relay.records import BadRecord, ModelRequest, name_in, name_of, request_key

if TYPE_CHECKING:
    from inference.deadline import LambdaContext
    from inference.factory.settings import FactorySettings
    from inference.task import Model, Task


class Factory:
    """What Lambda's entry point, the local cloud and the tests call."""

    def __init__(self, settings: FactorySettings, bucket: Bucket | None = None) -> None:
        self._settings = settings
        self._bucket = bucket or Bucket(settings.bucket)
        self.logger = Logger(service="factory", level=settings.log_level)

    def __call__(self, event: Any, context: LambdaContext) -> dict[str, Any]:
        """What was done. An error is raised, for the alarm; whoever waits asks again by itself."""
        self.logger.append_keys(request_id=context.aws_request_id)
        if isinstance(event, dict) and "RequestType" in event:
            return empty_bucket.answer(event, self._bucket)
        started_s = time.monotonic()
        try:
            outcome = self._make(event, Deadline.of(context))
        except Exception as error:
            self.logger.exception("failed", extra={"seconds": round(time.monotonic() - started_s, 2)})
            if isinstance(error, HubletError):
                raise error.with_traceback(None) from None
            raise InternalError("the factory failed; its log has the details") from None
        self.logger.info("done", extra={**outcome, "seconds": round(time.monotonic() - started_s, 2)})
        return outcome

    def _make(self, event: Any, deadline: Deadline) -> dict[str, Any]:
        key = object_key(event)
        name = name_in(key, request_key("*")) if key else None
        if name is None:
            return {"outcome": "no request of ours"}
        stored = self._bucket.read(request_key(name))
        if stored is None:
            return {"outcome": "the request is gone"}
        try:
            request = ModelRequest.read(stored.body)
            task, model = self._allowed(request)
        except (BadRecord, InvalidField) as error:
            return {"outcome": "refused", "why": str(error)}
        if name != name_of(model, task.pipeline_tag, request.precision):
            return {"outcome": "refused", "why": "the request's name is not that of what it asks for"}
        making = Making(
            self._settings,
            self._bucket,
            name,
            request,
            task,
            model,
            lambda facts: self.logger.info("preparing", extra=facts),
        )
        return {"outcome": making.run(deadline), "model": model.id, "revision": model.revision}

    def _allowed(self, request: ModelRequest) -> tuple[Task, Model]:
        """Whoever may write requests cannot have any model made but those of the functions."""
        task = next((each for each in self._settings.tasks if each.name == request.task), None)
        if task is None:
            raise BadRecord("no function of this stack has the task")
        model = task.choose_model(request.model)
        if model.revision != request.revision:
            raise BadRecord("the function has the model at another revision")
        return task, model
