"""API Gateway's HTTP API, payload format 2.0 (API Gateway developer guide, "Lambda proxy integrations")."""

from __future__ import annotations

from typing import Any

from inference.doors.door import Door

DEFAULT_STAGE = "$default"


class HttpApi(Door):
    """Events are those of a function URL, but for a stage's name in front of the path."""

    def enter(self, event: dict[str, Any]) -> Any:
        """The same event without the stage in its path."""
        stage = event["requestContext"].get("stage")
        path = str(event.get("rawPath") or "/")
        if stage and stage != DEFAULT_STAGE and f"{path}/".startswith(f"/{stage}/"):
            path = path.removeprefix(f"/{stage}") or "/"
        return {**event, "rawPath": path}
