"""A test event with a body alone, as proxies' examples have it: ``{"body": "{\\"inputs\\": ...}"}``."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from inference.doors.door import Door
from inference.errors import BadRequest
from inference.http.request import parse_json
from inference.http.response import JSON, encode


class Body(Door):
    """A direct invoke in a proxy's clothes: IAM has let it in, so no key is asked for."""

    def enter(self, event: dict[str, Any]) -> Any:
        """What stands in the body; text that is no JSON stays text, and the service says what it wants."""
        body = event["body"]
        if not isinstance(body, str):
            return body
        try:
            data = body.encode("utf-8", "surrogatepass")
            return parse_json(base64.b64decode(data, validate=True) if event.get("isBase64Encoded") else data)
        except (BadRequest, binascii.Error, ValueError):
            return body

    def leave(self, reply: Any) -> Any:
        """An answer as a proxy sends it on; an error stays an error, as for every direct invoke."""
        return {
            "statusCode": 200,
            "headers": {"content-type": JSON},
            "body": encode(super().leave(reply)),
            "isBase64Encoded": False,
        }
