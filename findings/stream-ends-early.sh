#!/usr/bin/env bash
# A chat stream that stops in mid-sentence looks complete to the official clients, if the connection closes neatly.
#
# Versions: openai 3.54.0, huggingface-hub 2.4.0.
# Guess: "[DONE]" marks the end of a stream, so a body that ends without it and without a finish_reason raises an error.
# Behaviour: neither client asks for it. The loop just ends. openai's own helper, client.chat.completions.stream(), hands out
#   a "final" completion whose finish_reason is None, against its type. Only a body cut below HTTP's own framing raises.
#   A proxy, load balancer or function time limit that closes the chunked body properly hides the loss completely.
# Output seen: 'The answer is not' and no error, four times.
# Source: openai/_streaming.py (the loop breaks at "[DONE]" and may as well run dry) and huggingface_hub/inference/_common.py;
#   github.com/pydantic/pydantic-ai/issues/6610 (confirmed there in July 2026, with the reason not to raise: some servers
#   never send a finish_reason).
# For whoever serves models: end what you cannot finish with an error event, which both clients do raise, or leave the
#   chunked body unfinished. Callers should test finish_reason before they use an answer.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check openai==3.54.0 huggingface-hub==2.4.0
cat > "$work/run.py" <<'PY'
import asyncio
import http.server
import json
import threading

import openai
from huggingface_hub import InferenceClient

HALF = "The answer is not"
ERROR = {"error": {"message": "out of time", "type": "server_error", "code": "timeout"}}
ending = ""


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def send(self, text: str) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text.encode()))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        choice = {"index": 0, "delta": {"role": "assistant", "content": HALF}, "finish_reason": None}
        self.send(f"data: {json.dumps({'id': 'x', 'object': 'chat.completion.chunk', 'created': 1, 'model': 'm', 'choices': [choice]})}\n\n")
        if ending == "error event":
            self.send(f"data: {json.dumps(ERROR)}\n\n")
        if ending != "cut":
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection = True


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/v1"
asked = {"model": "m", "messages": [{"role": "user", "content": "Is it safe?"}]}
sdk = openai.OpenAI(base_url=url, api_key="k", max_retries=0)


def loop(client: object) -> str:
    return "".join(c.choices[0].delta.content or "" for c in client.chat.completions.create(**asked, stream=True))


async def loop_async() -> str:
    client = openai.AsyncOpenAI(base_url=url, api_key="k", max_retries=0)
    return "".join([c.choices[0].delta.content or "" async for c in await client.chat.completions.create(**asked, stream=True)])


ending = "neat"
with sdk.chat.completions.stream(**asked) as stream:
    final = stream.get_final_completion().choices[0]
answers = [loop(sdk), loop(InferenceClient(base_url=url, api_key="k")), asyncio.run(loop_async()), final.message.content]
print("neat end:", answers, "finish_reason of the helper:", final.finish_reason)
assert answers == [HALF] * 4 and final.finish_reason is None
for ending in ("error event", "cut"):
    for client in (sdk, InferenceClient(base_url=url, api_key="k")):
        try:
            loop(client)
        except Exception as error:
            print(f"{ending}: {type(client).__name__} raises {type(error).__name__}")
        else:
            raise AssertionError(f"{ending}: {type(client).__name__} raises nothing")
server.shutdown()
PY
"$work/venv/bin/python" "$work/run.py"
