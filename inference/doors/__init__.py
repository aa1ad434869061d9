"""Other ways in than a function URL and a direct invoke: one file for each, found by what its events have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.http.request import is_function_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from inference.doors.door import Door

FUNCTION_URL_HOST = ".lambda-url."


def serve_batch(event: Any, serve: Callable[[Any], Any]) -> Any:
    """The answer to a queue's messages; ``None`` for an event that is none of them."""
    by_mapping = isinstance(event, dict) and event.keys() == {"Records"}
    if not by_mapping and not isinstance(event, list):
        return None
    from inference.doors import queue

    records = event["Records"] if by_mapping else event
    if not queue.is_batch(records):
        return None
    return queue.report(records, serve) if by_mapping else queue.enrich(records, serve)


def find(event: Any) -> Door | None:
    """The door that an event came through; ``None`` for a function URL and for a direct invoke.

    Nothing of a door is imported before an event comes through one.
    """
    if not isinstance(event, dict):
        return None
    context = event.get("requestContext")
    if is_function_url(event):
        host = str(event["requestContext"].get("domainName") or FUNCTION_URL_HOST)
        if FUNCTION_URL_HOST in host:
            return None
        from inference.doors.http_api import HttpApi

        return HttpApi()
    if isinstance(context, dict) and "httpMethod" in event:
        if "elb" in context:
            from inference.doors.load_balancer import LoadBalancer

            return LoadBalancer(is_multi_value="multiValueHeaders" in event)
        from inference.doors.rest_api import RestApi

        return RestApi()
    if isinstance(event.get("Items"), list) and event.keys() <= {"Items", "BatchInput"}:
        from inference.doors.batch import Batch

        return Batch()
    if "body" in event and event.keys() <= {"body", "headers", "isBase64Encoded"}:
        from inference.doors.body import Body

        return Body()
    return None
