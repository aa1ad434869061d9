"""A result of a kind that has no drawing here: as JSON."""

from __future__ import annotations

import json
from html import escape
from typing import Any

TAGS = ()


def draw(inputs: Any, result: Any) -> str:
    """HTML of the JSON document."""
    text = json.dumps(result, indent=1, ensure_ascii=False)
    return f'<pre class="json" tabindex="0">{escape(text)}</pre>'
