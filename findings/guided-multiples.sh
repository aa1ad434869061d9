#!/usr/bin/env bash
# A guided answer keeps to "multipleOf": 0.01, and one of three validators for Python then refuses every ninth price.
#
# Versions: llguidance 1.9.1, jsonschema 4.26.0, jsonschema-rs 0.60.3, fastjsonschema 2.22.3, pydantic 2.14.4.
# Guess: what guidance lets through validates, whichever validator looks at it: the grammar is made of the same schema.
# Behaviour: llguidance counts decimal digits, as the text has them. jsonschema divides two binary floats, and 0.07 / 0.01
#   is 7.000000000000001. Of all prices from 0.00 to 999.99 it refuses 11,426. The other two and pydantic take them all.
# Output seen: 0.07 can be written; jsonschema refuses 11426 of 100000 prices (0.07, 0.14, 0.28, ...), the others 0.
# Source: json-schema.org/draft/2020-12/json-schema-validation section 6.2.1 (the division must be an integer; it says
#   nothing of floats); github.com/python-jsonschema/jsonschema, jsonschema/_keywords.py, multipleOf.
# For whoever serves models: a test that validates guided answers with jsonschema fails now and then, and a loop that asks
#   the model again until jsonschema is content asks for ever: the model was right. Let whole cents be integers.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  llguidance==1.9.1 jsonschema==4.26.0 jsonschema-rs==0.60.3 fastjsonschema==2.22.3 pydantic==2.14.4
cat > "$work/run.py" <<'PY'
import json
from typing import Annotated

import fastjsonschema
import jsonschema
import jsonschema_rs
from llguidance import LLMatcher, LLTokenizer
from pydantic import BaseModel, Field, ValidationError

SCHEMA = {"type": "number", "multipleOf": 0.01}


class Price(BaseModel):
    euros: Annotated[float, Field(multiple_of=0.01)]


tokenizer = LLTokenizer("byte")
matcher = LLMatcher(tokenizer, LLMatcher.grammar_from_json_schema(json.dumps(SCHEMA)), log_level=0)
assert matcher.consume_tokens(tokenizer.tokenize_bytes(b"0.07")) and matcher.is_accepting()
print("guidance writes 0.07")

by_rust, by_code = jsonschema_rs.validator_for(SCHEMA), fastjsonschema.compile(SCHEMA)
refused: dict[str, list[str]] = {"jsonschema": [], "jsonschema-rs": [], "fastjsonschema": [], "pydantic": []}
validator = jsonschema.Draft202012Validator(SCHEMA)
for cents in range(100_000):
    text = f"{cents // 100}.{cents % 100:02d}"
    value = json.loads(text)
    if not validator.is_valid(value):
        refused["jsonschema"].append(text)
    if not by_rust.is_valid(value):
        refused["jsonschema-rs"].append(text)
    try:
        by_code(value)
    except fastjsonschema.JsonSchemaException:
        refused["fastjsonschema"].append(text)
    try:
        Price(euros=value)
    except ValidationError:
        refused["pydantic"].append(text)
for name, texts in refused.items():
    print(f"{name} refuses {len(texts)} of 100000 prices: {', '.join(texts[:5])}")
assert {name: len(texts) for name, texts in refused.items()} == {
    "jsonschema": 11_426, "jsonschema-rs": 0, "fastjsonschema": 0, "pydantic": 0
}
PY
"$work/venv/bin/python" "$work/run.py"
