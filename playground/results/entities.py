"""Names highlighted where they stand in their text."""

from __future__ import annotations

from html import escape
from typing import Any

TAGS = ("token-classification",)
HUES = 6


def draw(inputs: Any, result: Any) -> str:
    """The text with each ``{"start", "end", "entity_group", "score"}`` marked; both count characters."""
    kinds = sorted({_kind(each) for each in result})
    pieces, position = [], 0
    for each in sorted(result, key=lambda each: each["start"]):
        if each["start"] < position:
            continue
        pieces.append(escape(inputs[position : each["start"]]))
        pieces.append(_mark(inputs[each["start"] : each["end"]], each, kinds))
        position = each["end"]
    pieces.append(escape(inputs[position:]))
    found = f"{len(result)} found" if result else "Nothing found"
    return f'<p class="spans">{"".join(pieces)}</p><p class="quiet">{found}.</p>'


def _mark(text: str, result: dict[str, Any], kinds: list[str]) -> str:
    kind = _kind(result)
    hue = kinds.index(kind) % HUES
    return (
        f'<mark class="hue{hue}" title="{result["score"]:.4f}">{escape(text)}'
        f'<span class="kind">{escape(kind)} {result["score"]:.0%}</span></mark>'
    )


def _kind(result: dict[str, Any]) -> str:
    return str(result.get("entity_group") or result.get("entity") or "")
