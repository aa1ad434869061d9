"""A picture that a text described."""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playground.client import Reply

TAGS = ("text-to-image",)


def draw(inputs: Any, result: Reply) -> str:
    """The bytes of the reply, with the text as what a screen reader says."""
    kind = escape(result.headers["content-type"])
    data = base64.b64encode(result.body).decode()
    return f'<img class="picture" src="data:{kind};base64,{data}" alt="{escape(str(inputs))}">'
