"""What every door does: an event becomes one that the service reads, a reply one that the caller reads."""

from __future__ import annotations

import base64
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from inference.http.stream import StreamedReply

if TYPE_CHECKING:
    from inference.deadline import LambdaContext
    from inference.serve import Service


class Door(ABC):
    """One way in."""

    @abstractmethod
    def enter(self, event: dict[str, Any]) -> Any:
        """The event as a function URL or a direct invoke has it."""

    def answer(self, event: dict[str, Any], context: LambdaContext, service: Service) -> Any:
        """The reply to an event."""
        return self.leave(service(self.enter(event), context))

    def leave(self, reply: Any) -> Any:
        """The reply as this way's caller reads it: whole, for only function URLs stream."""
        return collected(reply) if isinstance(reply, StreamedReply) else reply


def url_event(
    event: dict[str, Any], *, method: Any, path: Any, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """An event in the payload format 2.0 with this event's body."""
    given = event.get("headers")
    return {
        "version": "2.0",
        "rawPath": path,
        "headers": headers if headers is not None else given if isinstance(given, dict) else {},
        "requestContext": {"http": {"method": method, "path": path}},
        "body": event.get("body"),
        "isBase64Encoded": event.get("isBase64Encoded", False),
    }


def collected(reply: StreamedReply) -> dict[str, Any]:
    """A streamed reply as one document; an error in the middle is an event in it already."""
    parts: list[bytes] = []
    with suppress(Exception):  # it was logged where it was raised
        parts.extend(reply.chunks)
    data = b"".join(parts)
    head = {"statusCode": reply.status, "headers": dict(reply.headers)}
    try:
        return {**head, "body": data.decode(), "isBase64Encoded": False}
    except UnicodeDecodeError:  # a picture
        return {**head, "body": base64.b64encode(data).decode(), "isBase64Encoded": True}
