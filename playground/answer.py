"""A reply drawn whole: the result or the refusal, with what has to stand beside it."""

from __future__ import annotations

import json
from html import escape
from http.client import HTTPException
from typing import TYPE_CHECKING

from inference.http.response import MODEL, REQUEST_ID
from inference.task_kinds import kind_of
from playground import code, facts, refusal, results
from playground.client import error_reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playground.client import Reply
    from playground.description import Description
    from playground.events import EventReply
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


def words(description: Description, request: Request, reply: EventReply) -> Iterator[tuple[str, str]]:
    """HTML of a written answer as it comes, and in the end the last event as it came."""
    name = kind_of(description.task).text_name
    note = facts.badge(description.note if request.model in (None, description.models[0]) else "")
    text, tokens, last, drawn = "", 0, "", ""
    try:
        for event in reply.documents():
            if "error" in event:
                broken = error_reply(event, reply.headers, reply.seconds)
                yield refused(refusal.words(broken)), code.block("Response", "http", raw(broken))
                return
            tokens += not event["token"].get("special", False)
            text = event.get("generated_text") or text + event["token"]["text"]
            drawn = results.draw_one(description.task, request.inputs, [{name: text}])
            last = json.dumps(event, indent=1, ensure_ascii=False)
            yield note + drawn + facts.pace(tokens, reply), ""
    except (OSError, HTTPException):
        yield note + refused("The answer broke off. Try again in a moment."), ""
        return
    yield note + drawn + facts.pace(tokens, reply), code.block("Last event", "json", last)


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
