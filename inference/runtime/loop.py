"""Lambda's runtime client with replies in chunks, which ``awslambdaric`` cannot send: the entry point.

Bootstrap, context, logging, SnapStart hooks and X-Ray are that library's. Only a :class:`StreamedReply` is
posted here, as the AWS Lambda developer guide says under "Building a custom runtime". When a test says that
the library streams, this file can go.
"""

from __future__ import annotations

import base64
import json
import logging
import select
import sys
from typing import TYPE_CHECKING, Any

from awslambdaric import bootstrap
from awslambdaric.lambda_config import LambdaConfigProvider
from awslambdaric.lambda_runtime_client import LambdaRuntimeClient
from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller, to_json

from inference.http.stream import StreamedReply

if TYPE_CHECKING:
    from collections.abc import Sequence
    from http.client import HTTPConnection

PRELUDE = "application/vnd.awslambda.http-integration-response"
PRELUDE_END = bytes(8)
ERROR_TYPE, ERROR_BODY = "Lambda-Runtime-Function-Error-Type", "Lambda-Runtime-Function-Error-Body"
ACCEPTED = 202


class Marshaller(LambdaMarshaller):  # type: ignore[misc]
    """Leaves a reply alone that leaves in chunks."""

    def marshal_response(self, response: Any) -> tuple[Any, str]:
        if isinstance(response, StreamedReply):
            return response, PRELUDE
        result: tuple[Any, str] = super().marshal_response(response)
        return result


class StreamingClient(LambdaRuntimeClient):  # type: ignore[misc]
    """Posts chunks with ``http.client``: the library's native code holds all threads up while it posts."""

    marshaller = Marshaller()

    def post_invocation_result(
        self,
        invoke_id: str,
        result_data: Any,
        content_type: str = "application/json",
        invocation_id: str | None = None,
    ) -> None:
        if not isinstance(result_data, StreamedReply):
            super().post_invocation_result(invoke_id, result_data, content_type, invocation_id)
            return
        chunks = result_data.chunks
        try:
            first = next(chunks, b"")
        except Exception as error:  # nothing is on its way, so it ends as any call that failed
            self.post_invocation_error(invoke_id, to_json(_described(error, invoke_id)), "{}", invocation_id)
            return
        post = _Post(self.lambda_runtime_address, invoke_id, content_type, invocation_id)
        try:
            post.send(_prelude(result_data))
            post.send(first)
            for chunk in chunks:
                post.send(chunk)
            post.end()
        except _Gone:
            logging.getLogger(__name__).warning("nobody reads the reply any more; it ends here")
        except Exception as error:
            post.break_off(_described(error, invoke_id))
        finally:
            post.close()
            if close := getattr(chunks, "close", None):
                close()


class _Gone(Exception):
    """Lambda answered before the end, or closed the connection: nothing more is wanted."""


class _Post:
    """One reply on its way, over a connection of its own."""

    def __init__(self, address: str, invoke_id: str, content_type: str, invocation_id: str | None) -> None:
        import http.client  # not at the start: only a streamed reply needs it

        self._connection: HTTPConnection = http.client.HTTPConnection(address)
        path = f"/2018-06-01/runtime/invocation/{invoke_id}/response"
        self._connection.putrequest("POST", path, skip_accept_encoding=True)
        headers = {
            "Content-Type": content_type,
            "Lambda-Runtime-Function-Response-Mode": "streaming",
            "Transfer-Encoding": "chunked",
            "Trailer": f"{ERROR_TYPE}, {ERROR_BODY}",
        }
        if invocation_id:
            headers["Lambda-Runtime-Invocation-Id"] = invocation_id
        for name, value in headers.items():
            self._connection.putheader(name, value)
        self._connection.endheaders()

    def send(self, chunk: bytes) -> None:
        """At once, in a chunk of its own; raises :class:`_Gone` where it is not wanted."""
        if not chunk:  # would end the body
            return
        if select.select([self._connection.sock], [], [], 0)[0]:
            raise _Gone
        self._write(b"%x\r\n%b\r\n" % (len(chunk), chunk))

    def end(self) -> None:
        """The body is complete."""
        self._finish(b"0\r\n\r\n")

    def break_off(self, error: dict[str, Any]) -> None:
        """The body ends here by an error, which the trailers tell."""
        body = base64.b64encode(json.dumps(error).encode()).decode()
        trailers = f"{ERROR_TYPE}: {error['errorType']}\r\n{ERROR_BODY}: {body}\r\n"
        try:
            self._finish(b"0\r\n" + trailers.encode() + b"\r\n")
        except _Gone:
            logging.getLogger(__name__).warning("nobody reads the error any more")

    def close(self) -> None:
        self._connection.close()

    def _finish(self, end: bytes) -> None:
        self._write(end)
        try:
            reply = self._connection.getresponse()
            reply.read()
        except OSError:
            raise _Gone from None
        if reply.status != ACCEPTED:
            raise _Gone

    def _write(self, data: bytes) -> None:
        try:
            self._connection.send(data)
        except OSError:
            raise _Gone from None


def _prelude(reply: StreamedReply) -> bytes:
    document = {"statusCode": reply.status, "headers": dict(reply.headers), "cookies": []}
    return json.dumps(document).encode() + PRELUDE_END


def _described(error: Exception, invoke_id: str) -> dict[str, Any]:
    """As the library describes it, without frames: a service of ours has logged them."""
    described: dict[str, Any] = bootstrap.make_error(str(error), type(error).__name__, [], invoke_id)
    return described


def main(arguments: Sequence[str]) -> None:
    """``python -m inference.runtime.loop <module>.<handler>``, in an execution environment of Lambda."""
    config = LambdaConfigProvider(arguments)
    bootstrap.run(config.handler, StreamingClient(config.api_address, config.use_thread_polling))


if __name__ == "__main__":
    main(sys.argv)
