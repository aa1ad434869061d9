"""Tools and tool turns of a conversation, in the form that a chat template renders."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inference.engines.text.tools import ToolFormat, Tools

Message = dict[str, Any]

PROMPT = """\
You can call functions. These are their signatures, one in a line:
<tools>
{signatures}
</tools>
To call a function, answer with its name and its arguments as JSON, within tags:
<tool_call>
{{"name": "...", "arguments": {{...}}}}
</tool_call>
Its result comes back within <tool_response> tags."""
MISTRAL_ID_CHARS = 9
"""Mistral's templates refuse every other length."""


def rendered(
    messages: Sequence[Mapping[str, Any]], tools: Tools | None, family: ToolFormat
) -> tuple[list[Message], list[Any] | None]:
    """Messages and tools for the template; where it knows no tools, both as plain messages."""
    declared = [function.declared for function in tools.functions] if tools else None
    if family.is_told:
        return [_as_taught(message, family) for message in messages], declared
    plain = [_as_text(message) for message in messages]
    return (_told(plain, declared) if declared else plain), None


def _as_taught(message: Mapping[str, Any], family: ToolFormat) -> Message:
    """Arguments as an object, which templates write as JSON themselves."""
    found = dict(message)
    if calls := message.get("tool_calls"):
        found["tool_calls"] = [_call(call, family) for call in calls]
    if "tool_call_id" in message and family.name == "mistral":
        found["tool_call_id"] = _short_id(message["tool_call_id"])
    return found


def _call(call: Mapping[str, Any], family: ToolFormat) -> Message:
    function = {**call["function"], "arguments": arguments_of(call["function"]["arguments"])}
    found = {**call, "function": function}
    if family.name == "mistral":
        found["id"] = _short_id(call.get("id", ""))
    return found


def arguments_of(text: str) -> Any:
    """A call's arguments as JSON, or the text itself where a model wrote none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _short_id(given: str) -> str:
    """The same id for a call and its result, in the one form that a template takes."""
    if len(given) == MISTRAL_ID_CHARS and given.isascii() and given.isalnum():
        return given
    return hashlib.sha256(given.encode("utf-8", "surrogatepass")).hexdigest()[:MISTRAL_ID_CHARS]


def _as_text(message: Mapping[str, Any]) -> Message:
    """A tool turn as the model itself would have written it, and a result as the user's words."""
    if message["role"] == "tool":
        return {"role": "user", "content": f"<tool_response>\n{message['content']}\n</tool_response>"}
    calls = message.get("tool_calls")
    if not calls:
        return dict(message)
    written = [message["content"]] if message["content"] else []
    for call in calls:
        function = call["function"]
        named = {"name": function["name"], "arguments": arguments_of(function["arguments"])}
        written.append(f"<tool_call>\n{json.dumps(named, ensure_ascii=False)}\n</tool_call>")
    return {"role": message["role"], "content": "\n".join(written)}


def _told(messages: list[Message], declared: Sequence[Any]) -> list[Message]:
    """A system message that tells of the tools, after what the caller's own says."""
    prompt = PROMPT.format(signatures="\n".join(json.dumps(each, ensure_ascii=False) for each in declared))
    if messages and messages[0]["role"] == "system":
        first = {**messages[0], "content": f"{messages[0]['content']}\n\n{prompt}"}
        return [first, *messages[1:]]
    return [{"role": "system", "content": prompt}, *messages]
