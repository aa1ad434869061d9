"""A reply drawn whole: the result or the refusal, with what has to stand beside it."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING

from inference.http.response import MODEL, REQUEST_ID
from playground import facts, refusal, results

if TYPE_CHECKING:
    from playground.client import Reply
    from playground.description import Description
    from playground.form import Request

LONGEST_SHOWN = 20_000


def draw(description: Description, request: Request, reply: Reply) -> str:
    """HTML of the result, or of what is wrong in words."""
    if reply.status != 200:
        request_id = reply.headers.get(REQUEST_ID, "")
        return refused(
            refusal.words(reply), f"{refusal.kind(reply)} · request {request_id}" if request_id else ""
        )
    model = reply.headers.get(MODEL) or request.model or description.document["model"]
    note = description.note if model == description.models[0] else ""
    return facts.badge(note) + results.draw(description.task, request, reply) + facts.timings(reply)


def refused(words: str, details: str = "") -> str:
    """HTML of a failure."""
    small = f"<small>{escape(details)}</small>" if details else ""
    return f'<div class="refusal" role="alert"><p>{escape(words)}</p>{small}</div>'


def raw(reply: Reply) -> str:
    """The reply as it came: status, headers, body."""
    head = "\n".join(f"{name}: {value}" for name, value in sorted(reply.headers.items()))
    return f"HTTP {reply.status}\n{head}\n\n{_body(reply)}"


def _body(reply: Reply) -> str:
    if not reply.is_json:
        return f"… {len(reply.body):,} bytes …"
    text = json.dumps(reply.json(), indent=1, ensure_ascii=False)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}\n… {len(text):,} characters …"
