"""S3 on this machine: moto's server, which also tells what was written, as EventBridge would."""

from __future__ import annotations

import threading
from io import BytesIO
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, unquote

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

HOST = "127.0.0.1"
STOP_POLL_S = 0.05
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": "us-east-1",
}


class _Quiet(MotoRequestHandler):
    def log_request(self, *_: object) -> None:
        """No line for each request: what is shown is what functions say."""


class LocalBucket:
    """One bucket, from ``start`` to ``stop``; ``created`` is called with each key that was written."""

    def __init__(self, name: str, created: Callable[[str], None] = lambda key: None) -> None:
        self.name = name
        self._created = created
        self._server = make_server(HOST, 0, self._serve, threaded=True, request_handler=_Quiet)
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self._moto = DomainDispatcherApplication(create_backend_app)
        # moto 5.2.5 closes what it keeps of a key when it is overwritten, also under one who reads it.
        self._turn = threading.Lock()
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="s3", daemon=True
        )

    @property
    def variables(self) -> dict[str, str]:
        """What a function needs to reach it, and nothing else of AWS."""
        return {
            "BUCKET": self.name,
            "AWS_ENDPOINT_URL_S3": f"http://{HOST}:{self._server.port}",
            **CREDENTIALS,
        }

    def start(self) -> None:
        """Start, and make the bucket."""
        self._thread.start()
        self.client().create_bucket(Bucket=self.name)

    def stop(self) -> None:
        """Return when nothing listens any more; what was in the bucket is gone."""
        client = self.client()
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=self.name):
            for each in page.get("Contents", ()):
                client.delete_object(Bucket=self.name, Key=each["Key"])
        client.delete_bucket(Bucket=self.name)  # moto's state is its process's, not the server's
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def client(self) -> Any:
        """boto3's, for this server."""
        import boto3

        return boto3.Session().client(
            "s3",
            endpoint_url=self.variables["AWS_ENDPOINT_URL_S3"],
            region_name=CREDENTIALS["AWS_DEFAULT_REGION"],
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _serve(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        key = self._written_key(environ)
        statuses: list[str] = []

        def begin(status: str, *rest: Any) -> Any:
            statuses.append(status)
            return start_response(status, *rest)

        # Read before the turn: a slow sender holds up no other.
        environ["wsgi.input"] = BytesIO(_body(environ))
        with self._turn:
            answer = list(self._moto(environ, begin))
        if key and statuses[-1].startswith("200"):
            self._created(key)
        return answer

    def _written_key(self, environ: dict[str, Any]) -> str | None:
        """The key that this request writes if it succeeds: put, copied, or the end of an upload in parts."""
        bucket, _, key = unquote(environ["PATH_INFO"]).lstrip("/").partition("/")
        asked = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        is_end_of_upload = environ["REQUEST_METHOD"] == "POST" and "uploadId" in asked
        is_put = environ["REQUEST_METHOD"] == "PUT" and not asked.keys() & {"partNumber", "tagging", "acl"}
        return key if bucket == self.name and key and (is_put or is_end_of_upload) else None


def _body(environ: dict[str, Any]) -> bytes:
    size = -1 if environ.get("wsgi.input_terminated") else int(environ.get("CONTENT_LENGTH") or 0)
    content: bytes = environ["wsgi.input"].read(size)
    return content
