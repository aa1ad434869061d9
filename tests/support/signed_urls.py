"""Function URLs that ask for a signature, as with ``auth=iam``: a proxy before the local cloud checks it.

The names of the URLs lead nowhere, so whoever calls them needs the proxy; the signature covers the name as
it would in AWS.
"""

from __future__ import annotations

import hmac
import re
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCESS_KEY, SECRET = "AKIAEXAMPLE", "a-secret-that-opens"
REGION = "eu-west-1"
PROFILE = "workshop"
AUTHORIZATION = re.compile(
    rf"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/\d{{8}}/{REGION}/lambda/aws4_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)
HOST = re.compile(rf"([a-z-]+)\.lambda-url\.{REGION}\.on\.aws")


@dataclass(frozen=True)
class SignedUrls:
    """The proxy, and what a user has who may call."""

    proxy: str

    def url(self, name: str) -> str:
        """The URL of a function; without TLS, which a signature does not cover."""
        return f"http://{name}.lambda-url.{REGION}.on.aws/"

    def outputs(self, *names: str) -> dict[str, str]:
        """Those of a stack with these functions."""
        keys = {name: "".join(word.title() for word in name.split("-")) for name in names}
        urls = {f"{key}Url": self.url(name) for name, key in keys.items()}
        return {**urls, **{f"{key}Name": f"hublet-{name}" for name, key in keys.items()}}

    def environ(self, folder: Path, secret: str = SECRET) -> dict[str, str]:
        """A user's variables: a profile with credentials, and the way to the proxy."""
        file = folder / "credentials"
        file.write_text(f"[{PROFILE}]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {secret}\n")
        return {
            "AWS_PROFILE": PROFILE,
            "AWS_SHARED_CREDENTIALS_FILE": str(file),
            "http_proxy": self.proxy,
            "no_proxy": "127.0.0.1,localhost",
        }


@contextmanager
def signed_urls(cloud_url: str) -> Iterator[SignedUrls]:
    """In front of a local cloud's functions."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"cloud_url": cloud_url}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield SignedUrls(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    cloud_url: str

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, *_: Any) -> None:
        """Nothing."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        parts = urlsplit(self.path)
        host = HOST.fullmatch(parts.hostname or "")
        if host is None or not _is_signed(self.command, self.path, body, dict(self.headers.items())):
            self._answer(403, {"content-type": "application/json"}, b'{"Message": "Forbidden"}')
            return
        kept = {
            name: value for name, value in self.headers.items() if name.lower() in ("accept", "content-type")
        }
        request = urllib.request.Request(
            f"{self.cloud_url}{host.group(1)}{parts.path}", body or None, kept, method=self.command
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            reply = direct.open(request, timeout=600)
        except urllib.error.HTTPError as error:
            reply = error
        with reply:
            self._answer(reply.status, dict(reply.headers.items()), reply.read())

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("connection", "content-length", "date", "server", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _is_signed(method: str, url: str, body: bytes, headers: dict[str, str]) -> bool:
    """Whether the signature is the one that these credentials make of this very request."""
    given = {name.lower(): value for name, value in headers.items()}
    found = AUTHORIZATION.fullmatch(given.get("authorization", ""))
    if not found:
        return False
    names, signature = found.groups()
    signed = {name: given[name] for name in names.split(";") if name in given}
    if not {"host", "x-amz-date"} <= signed.keys():
        return False
    request = AWSRequest(method, url, data=body, headers=signed)
    request.context["timestamp"] = given["x-amz-date"]
    auth = SigV4Auth(Credentials(ACCESS_KEY, SECRET), "lambda", REGION)
    text = auth.string_to_sign(request, auth.canonical_request(request))
    return hmac.compare_digest(auth.signature(text, request), signature)
