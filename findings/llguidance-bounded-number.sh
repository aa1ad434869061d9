#!/usr/bin/env bash
# In llguidance a bound on a number takes the exponent away, and a small number becomes a big one.
#
# Versions: llguidance 1.9.1, jsonschema 4.26.0.
# Guess: {"type": "number", "minimum": 0} allows every JSON number from zero on, so 1e-7 as well as 0.0000001.
# Behaviour: without bounds the exponent is allowed. With a minimum or a maximum the grammar turns into a pattern of plain
#   decimals. A model that means 1e-7 writes "1", finds "e" masked out, and ends there: the answer is valid and ten million
#   times too large. Whole numbers never have an exponent or ".0", although JSON Schema calls 1.0 and 1e2 integers.
# Output seen: no bound: 1e-7; minimum 0: 1; maximum 100: 1; exclusiveMinimum 0: 1; integer, wished 1e2: 1.
# Source: github.com/guidance-ai/llguidance, parser/src/json/numeric.rs (bounds make a regex of decimals) and
#   docs/json_schema.md; json-schema.org/draft/2020-12/json-schema-core section 4.2.3 (1.0 is an integer).
# For whoever serves models: structured output can change an answer's value and not only its form. Ask for small numbers
#   in a unit that makes them large, or leave the bound out of the grammar and check it afterwards.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check llguidance==1.9.1 jsonschema==4.26.0
cat > "$work/run.py" <<'PY'
import json

import jsonschema
from llguidance import LLMatcher, LLTokenizer

tokenizer = LLTokenizer("byte")


def write(schema: dict, wish: str) -> str:
    """What comes out when a model wants to write `wish`: each byte as wished until the grammar refuses one."""
    matcher = LLMatcher(tokenizer, LLMatcher.grammar_from_json_schema(json.dumps(schema)), log_level=0)
    tokens = tokenizer.tokenize_bytes(wish.encode())
    taken = tokens[: matcher.validate_tokens(tokens)]
    assert matcher.consume_tokens(taken) and matcher.is_accepting()
    return bytes(taken).decode()


cases = [
    ({"type": "number"}, "1e-7", "1e-7"),
    ({"type": "number", "minimum": 0}, "1e-7", "1"),
    ({"type": "number", "maximum": 100}, "1e-7", "1"),
    ({"type": "number", "exclusiveMinimum": 0}, "1e-7", "1"),
    ({"type": "number", "minimum": 0}, "0.0000001", "0.0000001"),
    ({"type": "integer"}, "1e2", "1"),
    ({"type": "integer"}, "1.0", "1"),
]
for schema, wish, expected in cases:
    jsonschema.validate(json.loads(wish), schema, cls=jsonschema.Draft202012Validator)
    got = write(schema, wish)
    print(f"{json.dumps(schema):45} wished {wish:10} got {got}")
    assert got == expected
PY
"$work/venv/bin/python" "$work/run.py"
