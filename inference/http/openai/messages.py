"""The messages of a conversation, as a request carries them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from inference.errors import InvalidField, printable
from inference.fields import Choice, Text, json_type

ROLES = ("system", "developer", "user", "assistant", "tool")
MAX_MESSAGES = 200
MAX_CALLS = 32
CONTENT = Text("content", "What is said.", max_chars=50_000, min_chars=0)
ROLE = Choice("role", "Who says it.", ROLES)
NAME = Text("name", "Who of several with one role; models here are not told.", max_chars=64, min_chars=0)
CALL_ID = Text("id", "What ties a tool's result to the call.", max_chars=200, min_chars=0)
FUNCTION_NAME = Text("name", "Which function.", max_chars=64, pattern=r"^[a-zA-Z0-9_.-]+$")
ARGUMENTS = Text("arguments", "JSON, as the model wrote it.", max_chars=50_000, min_chars=0)
TEXT_PARTS = ("text", "input_text", "output_text", "refusal")
REASONING = ("reasoning_content", "reasoning", "thinking")
WITHOUT_EFFECT = ("annotations", "created_at", "finish_reason", "id", "index", "logprobs", "status")
"""What clients keep of an answer and send back with it; no model reads it."""
KNOWN = ("role", "content", "name", "refusal", "tool_calls", "tool_call_id", *REASONING)


@dataclass(frozen=True)
class Messages:
    """``[{"role": "user", "content": "..."}]``; a content may be a list of text parts."""

    name: str = "messages"
    help: str = "The conversation so far, oldest first."
    default: None = None

    def read(self, value: Any, at: str) -> list[dict[str, Any]]:
        if not isinstance(value, list):
            raise InvalidField(at, f"must be a list of messages, not {json_type(value)}")
        check_count(len(value), at)
        return [_message(item, f"{at}[{index}]") for index, item in enumerate(value)]

    def schema(self) -> dict[str, Any]:
        parts = {
            "type": "array",
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
                "content": {"anyOf": [CONTENT.schema(), parts, {"type": "null"}]},
                "name": {"anyOf": [NAME.schema(), {"type": "null"}]},
                "tool_call_id": {"anyOf": [CALL_ID.schema(), {"type": "null"}]},
                "tool_calls": {"anyOf": [CALLS_SCHEMA, {"type": "null"}]},
                **{name: {} for name in WITHOUT_EFFECT},
            },
            "required": ["role"],
        }
        return {"type": "array", "items": message, "minItems": 1, "maxItems": MAX_MESSAGES}


CALLS_SCHEMA = {
    "type": "array",
    "maxItems": MAX_CALLS,
    "items": {
        "type": "object",
        "properties": {
            "id": {"anyOf": [CALL_ID.schema(), {"type": "null"}]},
            "type": {"const": "function"},
            "function": {
                "type": "object",
                "properties": {
                    "name": FUNCTION_NAME.schema(),
                    "arguments": {"anyOf": [ARGUMENTS.schema(), {"type": "object"}]},
                },
                "required": ["name", "arguments"],
            },
        },
        "required": ["function"],
    },
}


def check_count(count: int, at: str) -> None:
    """Within the limit on one conversation."""
    if not 1 <= count <= MAX_MESSAGES:
        raise InvalidField(at, f"has {count:,} messages; it must have 1 to {MAX_MESSAGES}")


def _message(value: Any, at: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidField(at, f"must be an object, not {json_type(value)}")
    for name, given in value.items():
        # What is empty says nothing: clients name what they leave out.
        if name not in (*KNOWN, *WITHOUT_EFFECT) and given not in (None, "", [], {}, False):
            raise InvalidField(f"{at}.{printable(name)}", f"is not supported; known: {', '.join(KNOWN)}")
    if value.get("name") is not None:
        NAME.read(value["name"], f"{at}.name")
    role = ROLE.read(value.get("role"), f"{at}.role")
    calls = calls_of(value.get("tool_calls"), f"{at}.tool_calls")
    if calls and role != "assistant":
        raise InvalidField(f"{at}.tool_calls", "are the assistant's alone")
    # The newer API calls the system message the developer's; chat templates know the older name.
    message: dict[str, Any] = {
        "role": "system" if role == "developer" else role,
        "content": _content_or_refusal(value, at, may_be_empty=role == "assistant"),
    }
    if calls:
        message["tool_calls"] = calls
    if role == "tool" and value.get("tool_call_id") is not None:
        message["tool_call_id"] = CALL_ID.read(value["tool_call_id"], f"{at}.tool_call_id")
    return message | (_reasoning(value, at) if role == "assistant" else {})


def _reasoning(value: dict[str, Any], at: str) -> dict[str, str]:
    """What an assistant thought before it spoke, where a template shows it to the model."""
    found = next((name for name in REASONING if value.get(name)), None)
    return {"reasoning_content": CONTENT.read(value[found], f"{at}.{found}")} if found else {}


def _content_or_refusal(value: dict[str, Any], at: str, *, may_be_empty: bool) -> str:
    """A turn of tool calls has no content, and one that refuses has its words elsewhere."""
    if value.get("content") is None and may_be_empty:
        refusal = value.get("refusal")
        if refusal is not None:
            return CONTENT.read(refusal, f"{at}.refusal")
        if value.get("tool_calls"):
            return ""
    return content(value.get("content"), f"{at}.content")


def content(value: Any, at: str) -> str:
    """A text, or the texts of a list of parts, joined."""
    if not isinstance(value, list):
        return CONTENT.read(value, at)
    texts = []
    for index, part in enumerate(value):
        where = f"{at}[{index}]"
        kind = part.get("type") if isinstance(part, dict) else None
        if kind not in TEXT_PARTS:
            raise InvalidField(where, "must be a part of type text; this model reads nothing else")
        name = "refusal" if kind == "refusal" else "text"
        texts.append(CONTENT.read(part.get(name), f"{where}.{name}"))
    return CONTENT.read("".join(texts), at)


def calls_of(value: Any, at: str) -> list[dict[str, Any]]:
    """The tool calls of an assistant's turn, as chat templates read them."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise InvalidField(at, f"must be a list of tool calls, not {json_type(value)}")
    if len(value) > MAX_CALLS:
        raise InvalidField(at, f"has {len(value):,} tool calls; the limit is {MAX_CALLS}")
    return [_call(item, f"{at}[{index}]") for index, item in enumerate(value)]


def _call(value: Any, at: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidField(at, f"must be an object, not {json_type(value)}")
    if value.get("type", "function") != "function":
        raise InvalidField(f"{at}.type", "must be function; models here know no other tools")
    function = value.get("function")
    if not isinstance(function, dict):
        raise InvalidField(f"{at}.function", f"must be an object, not {json_type(function)}")
    found = call(function.get("name"), function.get("arguments"), f"{at}.function")
    if value.get("id") is not None:
        found["id"] = CALL_ID.read(value["id"], f"{at}.id")
    return found


def call(name: Any, arguments: Any, at: str) -> dict[str, Any]:
    """One call; its ``arguments`` stay the text that they are. Some clients send the object itself."""
    if isinstance(arguments, dict):
        arguments = json.dumps(arguments, ensure_ascii=False)
    return {
        "type": "function",
        "function": {
            "name": FUNCTION_NAME.read(name, f"{at}.name"),
            "arguments": ARGUMENTS.read(arguments, f"{at}.arguments"),
        },
    }
