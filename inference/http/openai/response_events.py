"""The events of a streamed ``/v1/responses``, in the order that OpenAI's clients follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.http.response import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.http.openai.response_items import Told


def stream(begun: dict[str, Any], told: Sequence[Told], ended: dict[str, Any]) -> str:
    """All events as text; each is numbered, and named on a line of its own."""
    first = [(name, {"response": begun}) for name in ("created", "in_progress")]
    events = [*first, *told, (ended["status"], {"response": ended})]
    return "".join(_written(number, name, facts) for number, (name, facts) in enumerate(events))


def _written(number: int, name: str, facts: dict[str, Any]) -> str:
    kind = f"response.{name}"
    return f"event: {kind}\ndata: {encode({'type': kind, 'sequence_number': number, **facts})}\n\n"
