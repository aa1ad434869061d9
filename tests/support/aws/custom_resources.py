"""The stack's custom resources: their code runs here, against this server, where moto wants a container."""

from __future__ import annotations

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from moto.core.common_models import CloudFormationModel

from inference.factory import empty_bucket
from inference.relay.bucket import Bucket
from stacks.functions import prefetch_code
from tests.support.aws.account import INVOCATIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from moto.awslambda.responses import LambdaResponse

READY = '{"model": "acme/model", "state": "ready"}'
TIME_MS = 900_000


class Custom(CloudFormationModel):
    """Made, updated and deleted by what the function of the template would do with CloudFormation's event."""

    def __init__(self, declared: dict[str, Any]) -> None:
        self.kind, self.properties = declared["Type"], declared["Properties"]
        self.physical_resource_id = self.kind.removeprefix("Custom::")

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        return "Custom::"

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **_: Any
    ) -> Custom:
        made = cls(cloudformation_json)
        made.run("Create")
        return made

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Custom,
        new_resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
    ) -> Custom:
        made = cls(cloudformation_json)
        made.run("Update")
        return made

    def delete(self, account_id: str, region: str) -> None:
        self.run("Delete")

    def run(self, request: str) -> None:
        """Fails, as the change of a stack does, when the answer says so."""
        _run(HANDLERS[self.kind], request, self.properties)


def _prefetch(event: dict[str, Any]) -> None:
    prefetch_code.handler(event, _Context())


def _empty_bucket(event: dict[str, Any]) -> None:
    empty_bucket.answer(event, Bucket(event["ResourceProperties"]["Bucket"]))


HANDLERS = {"Custom::Prefetch": _prefetch, "Custom::EmptyBucket": _empty_bucket}


class _Context:
    invoked_function_arn = "prefetch"

    def get_remaining_time_in_millis(self) -> int:
        return TIME_MS


def _run(handler: Callable[[dict[str, Any]], None], kind: str, properties: dict[str, Any]) -> None:
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
        handler(event)
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
