"""The grammar of tool calls, in the dialect of Lark that llguidance reads."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from inference.engines.text.tools import Function, ToolFormat, Tools
    from inference.fields.grammar import Form
    from inference.fields.json_schema import Schema


def grammar(
    tools: Tools,
    family: ToolFormat,
    answer: Form | None,
    schema_text: Callable[[Schema], str],
    token_of: Callable[[str], int | None],
) -> str:
    """Rules for an answer of calls, or of calls and text; text keeps to ``answer`` where there is one.

    ``token_of`` finds a mark's token: a model that has one was never taught to spell it.
    """
    functions = [function for function in tools.functions if function.name in tools.callable]
    opening = _mark(family.opening, token_of)
    several = tools.several and family.has_several
    calls, rules = _calls(functions, family, opening, _mark(family.closing, token_of), several=several)
    for index, function in enumerate(functions):
        rules.append(f"args_{index}: %json {schema_text(arguments_schema(function))}")
    start = calls if tools.must_call else f"{calls} | {_text(answer, family, calls)}"
    if not tools.must_call:
        rules.append(_answer(answer, family, schema_text))
    return "\n".join([f"start: {start}", *rules]) + "\n"


def arguments_schema(function: Function) -> Schema:
    """Of an object in any case: that is what arguments are."""
    if isinstance(function.schema, dict):
        return {"type": "object", **function.schema}
    return {"type": "object"}


def _calls(
    functions: list[Function], family: ToolFormat, opening: str, closing: str, *, several: bool
) -> tuple[str, list[str]]:
    """What stands for all calls of an answer, and the rules that it needs."""
    one = " | ".join(f"call_{index}" for index in range(len(functions)))
    rules = [f"call: {one}"]
    for index, function in enumerate(functions):
        head = _literal(f'{{"name": {json.dumps(function.name)}, "{family.arguments}": ')
        rules.append(f"call_{index}: {head} args_{index} {_literal('}')}")
    if family.is_listed:
        more = f" ({_literal(', ')} call)*" if several else ""
        return f"{opening} {_literal(' [')} call{more} {_literal(']')}", rules
    if not opening:
        return "call", rules
    tagged = f"tagged: {opening} {_literal(chr(10))} call {_literal(chr(10))} {closing}"
    more = f" ({_literal(chr(10))} tagged)*" if several else ""
    return f"tagged{more}", [tagged, *rules]


def _text(answer: Form | None, family: ToolFormat, calls: str) -> str:
    """What may be said instead of calls or, where the family allows it, before them."""
    if answer is not None or not family.opening:
        return "answer"
    return f"answer | answer {calls}"


def _answer(answer: Form | None, family: ToolFormat, schema_text: Callable[[Schema], str]) -> str:
    if answer is None:
        if not family.opening:
            return r"answer: /[^{ \n](?s:.*)/"
        return f"answer: TEXT\nTEXT: /(?s:.+)/ & ~/(?s:.*{_slashed(re.escape(family.opening))}.*)/"
    if answer.kind == "json_schema":
        return f"answer: %json {schema_text(answer.value)}"
    return f"answer: /{_slashed(answer.value)}/"


def _mark(text: str, token_of: Callable[[str], int | None]) -> str:
    if not text:
        return ""
    token = token_of(text)
    return _literal(text) if token is None else f"<[{token}]>"


def _literal(text: str) -> str:
    return json.dumps(text)


def _slashed(pattern: str) -> str:
    """A pattern between slashes: those of its own are escaped, and none of it ends the line."""
    return pattern.replace("\\/", "/").replace("/", "\\/").replace("\n", "\\n").replace("\r", "\\r")
