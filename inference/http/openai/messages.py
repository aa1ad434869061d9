"""The messages of a conversation, as a request carries them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inference.errors import InvalidField, printable
from inference.fields import Choice, Text, json_type

ROLES = ("system", "developer", "user", "assistant")
MAX_MESSAGES = 200
CONTENT = Text("content", "What is said.", max_chars=50_000, min_chars=0)
ROLE = Choice("role", "Who says it.", ROLES)
NAME = Text("name", "Who of several with one role; models here are not told.", max_chars=64, min_chars=0)


@dataclass(frozen=True)
class Messages:
    """``[{"role": "user", "content": "..."}]``; a content may be a list of text parts."""

    name: str = "messages"
    help: str = "The conversation so far, oldest first."
    default: None = None

    def read(self, value: Any, at: str) -> list[dict[str, str]]:
        if not isinstance(value, list):
            raise InvalidField(at, f"must be a list of messages, not {json_type(value)}")
        if not 1 <= len(value) <= MAX_MESSAGES:
            raise InvalidField(at, f"has {len(value):,} messages; it must have 1 to {MAX_MESSAGES}")
        return [_message(item, f"{at}[{index}]") for index, item in enumerate(value)]

    def schema(self) -> dict[str, Any]:
        parts = {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {"type": {"const": "text"}, "text": CONTENT.schema()},
                "required": ["type", "text"],
            },
        }
        message = {
            "type": "object",
            "properties": {
                "role": ROLE.schema(),
                "content": {"anyOf": [CONTENT.schema(), parts]},
                "name": {"anyOf": [NAME.schema(), {"type": "null"}]},
            },
            "required": ["role", "content"],
            "additionalProperties": {"type": "null"},  # clients name what they leave empty
        }
        return {"type": "array", "items": message, "minItems": 1, "maxItems": MAX_MESSAGES}


def _message(value: Any, at: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise InvalidField(at, f"must be an object, not {json_type(value)}")
    for name, given in value.items():
        if name not in ("role", "content", "name") and given is not None:
            raise InvalidField(f"{at}.{printable(name)}", "is not supported; known: role, content")
    if value.get("name") is not None:
        NAME.read(value["name"], f"{at}.name")
    role = ROLE.read(value.get("role"), f"{at}.role")
    # The newer API calls the system message the developer's; chat templates know the older name.
    return {"role": "system" if role == "developer" else role, "content": _content(value, at)}


def _content(value: dict[str, Any], at: str) -> str:
    content = value.get("content")
    if not isinstance(content, list):
        return CONTENT.read(content, f"{at}.content")
    texts = []
    for index, part in enumerate(content):
        where = f"{at}.content[{index}]"
        if not isinstance(part, dict) or part.get("type") != "text":
            raise InvalidField(where, "must be a part of type text; this model reads nothing else")
        texts.append(CONTENT.read(part.get("text"), f"{where}.text"))
    return CONTENT.read("".join(texts), f"{at}.content")
