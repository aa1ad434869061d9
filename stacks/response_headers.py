"""What web pages may read of an answer beside its body: a browser shows those alone that CORS names."""

from __future__ import annotations

FACTS = (
    "x-request-id",
    "x-model",
    "x-inference-ms",
    "server-timing",
    "x-truncated-inputs",
    "x-peak-memory-mb",
)
"""Of every answer; a test compares them with what the functions send."""
EXPOSED = (*FACTS, "retry-after")
