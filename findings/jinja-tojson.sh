#!/usr/bin/env bash
# jinja2 alone writes the tools of a chat template in another order and with other characters than transformers does.
#
# Versions: jinja2 3.1.6, transformers 5.23.0 (no torch).
# Guess: a chat template is jinja2, so jinja2 renders the prompt that transformers renders.
# Behaviour: jinja2's filter tojson sorts keys and escapes <, >, & and ' for HTML. transformers replaces the filter by plain
#   json.dumps. So {"type": ..., "function": {"name": ..., "description": "a < b"}} becomes another text: "description"
#   before "name", parameters in alphabetical order, \u003c in place of <. No error; the model reads a prompt that it was
#   not trained on.
# Output seen: transformers '{"type": "function", ... "a < b ...", ... {"z": ..., "a": ...}'; jinja2
#   '{"function": {"description": "a \u003c b ..., "type": "function"}'.
# Source: jinja.palletsprojects.com/en/stable/templates, "tojson" (safe for HTML), and .../api, "Policies"
#   (json.dumps_kwargs sorts keys); huggingface.co/docs/transformers/chat_templating_writing.
# For whoever serves models: replace tojson in every environment that renders chat templates without transformers, and
#   compare the prompt's ids, tools included. Without tools the two agree.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check jinja2==3.1.6 transformers==5.23.0
cat > "$work/run.py" <<'PY'
import json

import jinja2
from transformers.utils.chat_template_utils import render_jinja_template

properties = {"z": {"type": "string"}, "a": {"type": "string"}}
parameters = {"type": "object", "properties": properties}
function = {"name": "f", "description": "a < b & c's", "parameters": parameters}
tool = {"type": "function", "function": function}
template = "{{ tools[0] | tojson }}"

messages = [{"role": "user", "content": "hello"}]
(reference,), _ = render_jinja_template([messages], tools=[tool], chat_template=template)
alone = jinja2.Environment().from_string(template).render(tools=[tool])
print(f"transformers: {reference}\njinja2 alone: {alone}")
assert reference == json.dumps(tool)
assert json.loads(alone) == tool
assert alone != reference
assert "\\u003c" in alone and "\\u0026" in alone and "\\u0027" in alone
assert alone.index('"description"') < alone.index('"name"') and alone.index('"a"') < alone.index('"z"')
PY
"$work/venv/bin/python" "$work/run.py" 2>/dev/null
