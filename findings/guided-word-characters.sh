#!/usr/bin/env bash
# A name that Pydantic takes by its pattern cannot be written under guidance by the same pattern: \w has no accents there.
#
# Versions: llguidance 1.9.1, pydantic 2.14.4, jsonschema 4.26.0.
# Guess: the pattern goes from Pydantic into the schema as it is, so both sides mean the same by \w: llguidance's expressions
#   are by the same Rust authors' library as Pydantic's, whose \w is any letter.
# Behaviour: llguidance reads \w and \d as JSON Schema recommends, as ECMA-262 does: ASCII alone. Pydantic and jsonschema
#   take letters and digits of every script. A model that means "José Núñez" can write "Jos" and must then go on otherwise.
# Output seen: for ^[\w ]+$ "José Núñez" ends after {"name": "Jos, "Łukasz" and "李雷" after {"name": "; both validators
#   take all three. With [\p{L} ] in place of \w llguidance takes them.
# Source: json-schema.org/draft/2020-12/json-schema-core section 6.4 (patterns are ECMA-262's); docs.rs/regex, "Perl
#   character classes (Unicode friendly)".
# For whoever serves models: names come out without accents and nothing reports it. Ask for no pattern, or write \p{L}
#   where letters are meant (a validator in Python's re does not know it).
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


class Person(pydantic.BaseModel):
    name: Annotated[str, pydantic.Field(pattern=r"^[\w ]+$")]


def taken(schema: dict, wish: str) -> str:
    """As much of `wish` as the grammar lets through."""
    matcher = LLMatcher(tokenizer, LLMatcher.grammar_from_json_schema(json.dumps(schema)), log_level=0)
    tokens = tokenizer.tokenize_bytes(wish.encode())
    return bytes(tokens[: matcher.validate_tokens(tokens)]).decode(errors="ignore")


schema = Person.model_json_schema()
letters = json.loads(json.dumps(schema).replace(r"\\w", r"\\p{L}"))
for name, expected in (
    ("Jose Nunez", '{"name": "Jose Nunez"}'), ("José Núñez", '{"name": "Jos'), ("Łukasz", '{"name": "'), ("李雷", '{"name": "'),
):
    wish = json.dumps({"name": name}, ensure_ascii=False)
    assert Person.model_validate_json(wish).name == name
    assert jsonschema.Draft202012Validator(schema).is_valid({"name": name})
    got = taken(schema, wish)
    print(f"wished {wish:24} got {got}")
    assert got == expected
    assert taken(letters, wish) == wish
PY
"$work/venv/bin/python" "$work/run.py"
