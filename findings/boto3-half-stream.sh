#!/usr/bin/env bash
# Half an answer of InvokeWithResponseStream looks whole to boto3, both when the function failed and when the line broke.
#
# Versions: boto3 1.44.5 (botocore beside it).
# Guess: an error in the middle raises while one iterates, as EventStreamError does for other services; a connection that
#   closes before the closing event raises too.
# Behaviour: a function that failed ends with an ordinary event, InvokeComplete, whose ErrorCode nobody has to look at. A
#   body that ends without InvokeComplete ends the iteration as well. Neither raises; the status is 200 in both.
# Output seen: for both the chunk "half of the ans", then the end without an exception.
# Source: docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStreamCompleteEvent.html (ErrorCode is a field of an
#   event, not an exception of the stream).
# For whoever serves models: who joins the PayloadChunks stores cut answers. Count an answer only after an InvokeComplete
#   without ErrorCode was seen.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check boto3==1.44.5
cat > "$work/run.py" <<'PY'
import json
import struct
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3


def message(kind: str, payload: bytes) -> bytes:
    """One message of AWS's event stream encoding."""
    names = {":event-type": kind, ":message-type": "event"}
    headers = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for name, value in names.items()
    )
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    body = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return body + struct.pack(">I", zlib.crc32(body))


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(200)
        self.send_header("content-type", "application/vnd.amazon.eventstream")
        self.end_headers()
        self.wfile.write(message("PayloadChunk", b"half of the ans"))
        if "fails" in self.path:
            ended = {"ErrorCode": "Function.Timeout", "ErrorDetails": "the function timed out"}
            self.wfile.write(message("InvokeComplete", json.dumps(ended).encode()))

    def log_message(self, *_: object) -> None:
        pass


with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = boto3.client(
        "lambda", endpoint_url=f"http://127.0.0.1:{server.server_port}", region_name="us-east-1",
        aws_access_key_id="none", aws_secret_access_key="none",
    )
    for name, last in (("fails", "InvokeComplete"), ("breaks-off", "PayloadChunk")):
        reply = client.invoke_with_response_stream(FunctionName=name)
        assert reply["StatusCode"] == 200 and "FunctionError" not in reply
        events = list(reply["EventStream"])
        print(f"{name}: {events}")
        assert events[0] == {"PayloadChunk": {"Payload": b"half of the ans"}}
        assert list(events[-1]) == [last]
    server.shutdown()
PY
"$work/venv/bin/python" "$work/run.py"
