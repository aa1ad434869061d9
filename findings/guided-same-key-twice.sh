#!/usr/bin/env bash
# A guided answer may name a key of a dictionary twice, and then it does not fit the schema that guided it.
#
# Versions: llguidance 1.9.1, pydantic 2.14.4, jsonschema 4.26.0.
# Guess: the keys of an object are unique: named properties can be written once, so keys of a dictionary are kept apart
#   too, and what has been guided by a schema always validates against it.
# Behaviour: only named properties are written once. A dictionary's keys (additionalProperties) may repeat, and each of them
#   counts towards minProperties and maxProperties. Parsers keep the last one.
# Output seen: with minProperties 2 the text {"pieces": {"apple": 3, "apple": 4}} is complete for the grammar; json.loads
#   gives {'apple': 4}, and jsonschema and pydantic refuse it for having one item in place of two.
# Source: RFC 8259 section 4 (names SHOULD be unique; with others the outcome is not predictable); github.com/guidance-ai/
#   llguidance docs/json_schema.md (minProperties and maxProperties are supported).
# For whoever serves models: a small model repeats itself, and a value is lost without an error. Ask for a list of objects
#   with a name each, or read the answer with object_pairs_hook and look for repeats.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check llguidance==1.9.1 pydantic==2.14.4 jsonschema==4.26.0
cat > "$work/run.py" <<'PY'
import json
from typing import Annotated

import jsonschema
import pydantic
from llguidance import LLMatcher, LLTokenizer

tokenizer = LLTokenizer("byte")


class Stock(pydantic.BaseModel):
    name: str
    pieces: Annotated[dict[str, int], pydantic.Field(min_length=2)]


def is_complete(schema: dict, text: str) -> bool:
    """Whether the grammar takes all of the text, and lets it end there."""
    matcher = LLMatcher(tokenizer, LLMatcher.grammar_from_json_schema(json.dumps(schema)), log_level=0)
    tokens = tokenizer.tokenize_bytes(text.encode())
    return matcher.validate_tokens(tokens) == len(tokens) and matcher.consume_tokens(tokens) and matcher.is_accepting()


schema = Stock.model_json_schema()
twice = '{"name": "shop", "pieces": {"apple": 3, "apple": 4}}'
assert not is_complete(schema, '{"name": "shop", "name": "shop", "pieces": {"apple": 3, "pear": 4}}')
assert not is_complete(schema, '{"name": "shop", "pieces": {"apple": 3}}')
assert is_complete(schema, twice)
read = json.loads(twice)
print(f"complete for the grammar: {twice}; read as {read}")
assert read["pieces"] == {"apple": 4}
assert not jsonschema.Draft202012Validator(schema).is_valid(read)
try:
    Stock.model_validate_json(twice)
    raise SystemExit("pydantic takes it")
except pydantic.ValidationError as error:
    print(error.errors()[0]["msg"])
    assert error.errors()[0]["type"] == "too_short"
PY
"$work/venv/bin/python" "$work/run.py"
