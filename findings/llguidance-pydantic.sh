#!/usr/bin/env bash
# Several everyday Pydantic types make a schema that llguidance refuses, or forbid what Pydantic itself writes.
#
# Versions: llguidance 1.9.1, pydantic 2.14.4.
# Guess: model_json_schema() is what every structured-output tutorial sends, so the compiler takes it. JSON Schema says that
#   an unknown `format` is only a note, so Path or SecretStr would be plain strings.
# Behaviour: an unknown `format` is an error (Path, SecretStr, bytes), and so is `uniqueItems` (set). datetime and timedelta
#   compile, but the grammar refuses the very text that Pydantic writes for them: a time without a zone, and a fraction
#   of a second. The oneOf of a union with a discriminator, the part that looks hard, works.
# Output seen: see the table that the script prints.
# Source: github.com/guidance-ai/llguidance docs/json_schema.md (the formats it knows, errors for others, `lenient`);
#   json-schema.org/draft/2020-12/json-schema-validation section 7.2.1 (a format is an annotation unless asked for).
# For whoever serves models: compile a caller's schema before the call is accepted and name the keyword in the refusal.
#   A datetime field means that the model must invent a time zone.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check llguidance==1.9.1 pydantic==2.14.4
cat > "$work/run.py" <<'PY'
import datetime
import json
import pathlib
from typing import Annotated, Any, Literal, Union

from llguidance import LLMatcher, LLTokenizer
from pydantic import BaseModel, Field, SecretStr, TypeAdapter

tokenizer = LLTokenizer("byte")


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


def verdict(type_: Any, value: Any) -> str:
    adapter = TypeAdapter(type_)
    text = json.dumps(json.loads(adapter.dump_json(value)))
    matcher = LLMatcher(tokenizer, LLMatcher.grammar_from_json_schema(json.dumps(adapter.json_schema())), log_level=0)
    if matcher.get_error():
        return "refused: " + matcher.get_error().splitlines()[0]
    tokens = tokenizer.tokenize_bytes(text.encode())
    valid = matcher.validate_tokens(tokens)
    return "fine" if valid == len(tokens) else f"stops {text} after {text[:valid]}"


cases = [
    ("list[str]", list[str], ["a"], "fine"),
    ("date", datetime.date, datetime.date(2026, 1, 2), "fine"),
    ("set[str]", set[str], {"a"}, "refused"),
    ("Path", pathlib.Path, pathlib.Path("a"), "refused"),
    ("SecretStr", SecretStr, SecretStr("a"), "refused"),
    ("bytes", bytes, b"a", "refused"),
    ("Cat or Dog", Annotated[Union[Cat, Dog], Field(discriminator="kind")], Cat(kind="cat"), "fine"),
    ("datetime", datetime.datetime, datetime.datetime(2026, 1, 2, 3, 4), "stops"),
    ("timedelta", datetime.timedelta, datetime.timedelta(seconds=1.5), "stops"),
]
wrong = []
for name, type_, value, expected in cases:
    got = verdict(type_, value)
    print(f"{name:12} {got}")
    if not got.startswith(expected):
        wrong.append(name)
assert not wrong, wrong
PY
"$work/venv/bin/python" "$work/run.py"
