"""EventBridge's events of S3: which object was written."""

from __future__ import annotations

from typing import Any


def object_key(event: Any) -> str | None:
    """The key of an "Object Created" event; ``None`` for any other event."""
    try:
        key = event["detail"]["object"]["key"] if event["detail-type"] == "Object Created" else None
    except (TypeError, KeyError):
        return None
    return key if isinstance(key, str) else None
