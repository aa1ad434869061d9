"""The stack's one custom resource: its code runs here, against this server, where moto wants a container."""

from __future__ import annotations

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from moto.core.common_models import CloudFormationModel

from stacks import prefetch_code
from tests.deploy.account import INVOCATIONS

if TYPE_CHECKING:
    from moto.awslambda.responses import LambdaResponse

READY = '{"model": "acme/model", "state": "ready"}'
TIME_MS = 900_000


class Prefetch(CloudFormationModel):
    """Made and updated by what the function of the template would do with CloudFormation's event."""

    physical_resource_id = "prefetch"

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        return "Custom::Prefetch"

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **_: Any
    ) -> Prefetch:
        _run("Create", cloudformation_json["Properties"])
        return cls()

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Prefetch,
        new_resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
    ) -> Prefetch:
        _run("Update", cloudformation_json["Properties"])
        return original_resource

    def delete(self, account_id: str, region: str) -> None:
        _run("Delete", {})


class _Context:
    invoked_function_arn = "prefetch"

    def get_remaining_time_in_millis(self) -> int:
        return TIME_MS


def _run(kind: str, properties: dict[str, Any]) -> None:
    """Fails, as the update of a stack does, when the answer says so."""
    answers: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            answers.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        waiting = threading.Thread(target=server.handle_request)
        waiting.start()
        event = {
            "RequestType": kind,
            "ResponseURL": f"http://127.0.0.1:{server.server_port}/",
            "StackId": "stack",
            "RequestId": "request",
            "LogicalResourceId": "Ready",
            "ResourceProperties": properties,
        }
        prefetch_code.handler(event, _Context())
        waiting.join()
    assert answers[0]["Status"] == "SUCCESS", answers[0]["Reason"]


def invoke(request: LambdaResponse) -> tuple[int, dict[str, str], str]:
    """Every function is ready at once; who was asked, and which version callers got, is written down."""
    name = unquote(request.path.rsplit("/", 2)[-2])
    kind = request.headers.get("X-Amz-Invocation-Type", "RequestResponse")
    asked = {
        "function": name,
        "version": request.querystring.get("Qualifier", [None])[0],
        "kind": kind,
        "event": json.loads(request.body),
        "live": prefetch_code.served(name),
    }
    with Path(os.environ[INVOCATIONS]).open("a") as record:
        record.write(json.dumps(asked) + "\n")
    return (202 if kind == "Event" else 200), {"content-type": "application/json"}, READY
