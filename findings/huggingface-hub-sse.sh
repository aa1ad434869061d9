#!/usr/bin/env bash
# InferenceClient reads an event stream line by line, not event by event.
#
# Versions: huggingface-hub 2.4.0, openai 3.54.0 (for comparison).
# Guess: both clients parse text/event-stream as its standard says: the space after "data:" is optional, and several data
#   lines make one event. A connection that breaks gives one of the client's own errors.
# Behaviour: "data:[DONE]" ends InferenceClient's stream with json.JSONDecodeError, after the whole answer has come. So does
#   an event of two data lines. A broken connection gives httpx2.RemoteProtocolError, which no HfHubHTTPError catches.
#   The openai client reads the first two, and wraps the third in openai.APIConnectionError.
# Output seen: no space: JSONDecodeError; two lines: JSONDecodeError; cut: httpx2.RemoteProtocolError.
# Source: github.com/huggingface/huggingface_hub/issues/4536 (July 2026, closed; 2.4.0 still does it) and
#   huggingface_hub/inference/_common.py; html.spec.whatwg.org, 9.2.6 "Interpreting an event stream".
# For whoever serves models: write "data: " with the space, one line for each event, "data: [DONE]" byte for byte.
#   Servers whose framework leaves the space out (Spring does) lose every InferenceClient user at the last line.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check huggingface-hub==2.4.0 openai==3.54.0
cat > "$work/run.py" <<'PY'
import http.server
import json
import threading

import openai
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError


def chunk(text: str, reason: str | None = None) -> dict:
    choice = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": reason}
    return {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


one, last = json.dumps(chunk("Hello")), json.dumps(chunk("", "stop"))
lines = json.dumps(chunk("Hello"), indent=0).replace("\n", "\ndata: ")
STREAMS = {
    "usual": f"data: {one}\n\ndata: {last}\n\ndata: [DONE]\n\n",
    "no space": f"data:{one}\n\ndata:{last}\n\ndata:[DONE]\n\n",
    "two lines": f"data: {lines}\n\ndata: {last}\n\ndata: [DONE]\n\n",
    "cut": f"data: {one}\n\n",
}
name = ""


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = STREAMS[name].encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", str(len(body) + (100 if name == "cut" else 0)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/v1"
messages = [{"role": "user", "content": "Hi"}]


def read(client: object) -> tuple[str, Exception | None]:
    text = ""
    try:
        for piece in client.chat.completions.create(model="m", messages=messages, stream=True):
            text += piece.choices[0].delta.content or ""
    except Exception as error:
        return text, error
    return text, None


for name in STREAMS:
    hub = read(InferenceClient(base_url=url, api_key="k"))
    other = read(openai.OpenAI(base_url=url, api_key="k", max_retries=0))
    print(f"{name:10} InferenceClient {hub[0]!r} {type(hub[1]).__module__}.{type(hub[1]).__name__}"
          f" | openai {other[0]!r} {type(other[1]).__name__}")
    assert other[0] == "Hello"
    if name == "usual":
        assert hub == ("Hello", None)
    elif name == "cut":
        assert type(hub[1]).__name__ == "RemoteProtocolError" and not isinstance(hub[1], (HfHubHTTPError, OSError))
        assert isinstance(other[1], openai.APIConnectionError)
    else:
        assert isinstance(hub[1], json.JSONDecodeError) and other[1] is None
server.shutdown()
PY
"$work/venv/bin/python" "$work/run.py"
