"""Messages of SQS, by an event source mapping or by an EventBridge pipe; each body is a request of its own.

Events and answers are those of the Lambda developer guide, "Using Lambda with Amazon SQS", and of the
EventBridge user guide, "EventBridge Pipes batching and concurrency".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.doors.body import parsed
from inference.errors import HubletError

if TYPE_CHECKING:
    from collections.abc import Callable

    Serve = Callable[[Any], Any]
    """A direct event -> its result, or a raised error."""

SOURCE = "aws:sqs"
TRY_AGAIN_FROM = 500
"""Errors of this status and above may be gone with the next try; others come back with the same message."""


def is_batch(records: Any) -> bool:
    """Whether these are messages of a queue."""
    return (
        isinstance(records, list)
        and bool(records)
        and all(isinstance(each, dict) and each.get("eventSource") == SOURCE for each in records)
    )


def report(records: list[dict[str, Any]], serve: Serve) -> dict[str, Any]:
    """For an event source mapping: the messages that are to come again; the others leave the queue.

    A message that can never be answered comes again too: so the queue's redrive policy sets it aside.
    """
    failed = [each for each in records if isinstance(_served(each, serve), HubletError)]
    return {"batchItemFailures": [{"itemIdentifier": str(each.get("messageId"))} for each in failed]}


def enrich(records: list[dict[str, Any]], serve: Serve) -> list[dict[str, Any]]:
    """For a pipe: an answer for each message, with its id, to hand on; an error that will stay is one too.

    Raises the first error that another try may not have: the batch then comes again.
    """
    answers = []
    for record in records:
        found = _served(record, serve)
        message = {"messageId": record.get("messageId")}
        if not isinstance(found, HubletError):
            answers.append({**message, "result": found})
        elif found.status >= TRY_AGAIN_FROM:
            raise found
        else:
            answers.append({**message, "error": found.message, "type": type(found).__name__})
    return answers


def _served(record: dict[str, Any], serve: Serve) -> Any:
    """The result of a message, or its error."""
    try:
        return serve(parsed(record))
    except HubletError as error:
        return error
