"""API Gateway's REST API, payload format 1.0 (API Gateway developer guide, "Lambda proxy integrations")."""

from __future__ import annotations

from typing import Any

from inference.doors.door import Door, url_event

GREEDY = "{proxy+}"


class RestApi(Door):
    """The path has no stage; a custom domain's base path stands in it, and not in the proxy's part."""

    def enter(self, event: dict[str, Any]) -> Any:
        """The event in the payload format 2.0."""
        path = event.get("path") or "/"
        parameters = event.get("pathParameters")
        if str(event.get("resource", "")).endswith(GREEDY) and isinstance(parameters, dict):
            path = f"/{parameters.get('proxy', '')}"
        return url_event(event, method=event["httpMethod"], path=path)
