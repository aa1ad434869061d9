"""A reply that leaves piece by piece, and server-sent events, which most of those pieces are."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from inference.engines.engine import Piece
    from inference.engines.text.tools import ToolFormat

    Events = Generator[str | None, None, None]

EVENT_STREAM = "text/event-stream"
DONE = "data: [DONE]\n\n"
"""Ends a stream of events; clients compare it byte for byte."""

OUT_OF_TIME = "the function's time is over; the answer ends here"


class Run(Protocol):
    """A generation, iterated once; both figures are right when it has ended."""

    prompt_tokens: int
    completion_tokens: int
    tool_format: ToolFormat | None
    """Known with the first piece."""

    def __iter__(self) -> Iterator[Piece | None]: ...


@dataclass(frozen=True)
class EventAnswer:
    """What a route answers as server-sent events; ``None`` among them is a sign of life that is due."""

    events: Events


@dataclass(frozen=True)
class StreamedReply:
    """Status and headers, then the body as it comes. An error of ``chunks`` breaks the body off."""

    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]


def whole(reply: Mapping[str, Any]) -> StreamedReply:
    """A reply in the payload format 2.0 as a stream of one piece: behind a URL that streams all must be."""
    body = str(reply["body"])
    content = base64.b64decode(body) if reply["isBase64Encoded"] else body.encode()
    return StreamedReply(reply["statusCode"], reply["headers"], iter((content,)))


def event(document: Any) -> str:
    """A server-sent event of one line. All but ASCII is escaped: some clients split lines at U+2028 too."""
    return f"data: {json.dumps(document, allow_nan=False, separators=(',', ':'))}\n\n"


def comment(text: str) -> str:
    """What clients skip, but proxies count as a sign of life."""
    return f": {text}\n\n"
