"""A test event with a body alone, as proxies' examples have it: ``{"body": "{\\"inputs\\": ...}"}``."""

from __future__ import annotations

from typing import Any

from inference.doors.door import Door
from inference.errors import BadRequest
from inference.http.request import decode_body, parse_json
from inference.http.response import JSON, encode


class Body(Door):
    """A direct invoke in a proxy's clothes: IAM has let it in, so no key is asked for."""

    def enter(self, event: dict[str, Any]) -> Any:
        """What stands in the body."""
        return parsed(event)

    def leave(self, reply: Any) -> Any:
        """An answer as a proxy sends it on; an error stays an error, as for every direct invoke."""
        return {
            "statusCode": 200,
            "headers": {"content-type": JSON},
            "body": encode(super().leave(reply)),
            "isBase64Encoded": False,
        }


def parsed(event: dict[str, Any]) -> Any:
    """An event's body as JSON; text that is none stays text, and the service says what it wants."""
    body = event.get("body")
    if not isinstance(body, str):
        return body
    try:
        return parse_json(decode_body(event))
    except BadRequest:
        return body
