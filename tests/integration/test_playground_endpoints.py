"""The playground calls deployed functions, over real sockets: signed, with a key, by a stack's name."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from local.commands.key import new_key, sha256
from playground import endpoints, refusal
from playground.access import Access
from playground.client import Client
from playground.description import Catalogue
from playground.endpoints import Endpoint, NoEndpoints
from tests.support.aws.account import REGION, server
from tests.support.served import serve
from tests.support.signed_urls import PROFILE, SECRET, signed_urls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playground.client import Reply
    from tests.support.served import Served
    from tests.support.signed_urls import SignedUrls

BODY = {"inputs": "What a lovely day!"}
STACK = "Workshop"


@pytest.fixture(scope="module")
def signed(served: Served) -> Iterator[SignedUrls]:
    with signed_urls(served.url) as urls:
        yield urls


@pytest.fixture
def as_user(monkeypatch: pytest.MonkeyPatch, signed: SignedUrls, tmp_path: Path) -> Callable[..., None]:
    """Take a user's variables."""

    def take(secret: str = SECRET, **more: str) -> None:
        for name, value in {**signed.environ(tmp_path, secret), **more}.items():
            monkeypatch.setenv(name, value)

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return take


@pytest.fixture
def outputs(signed: SignedUrls, tmp_path: Path) -> str:
    """A file as ``make deploy`` leaves it."""
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps({STACK: signed.outputs("sentiment", "question-answering")}))
    return str(file)


def ask(where: str, access: Access) -> Reply:
    """One call of sentiment, as its tab makes it."""
    catalogue = Catalogue(endpoints.deployed(where), Client(access))
    return catalogue.client.post(catalogue.endpoint("sentiment"), BODY)


def best(reply: Reply) -> Any:
    assert reply.status == 200, refusal.words(reply)
    return reply.json()[0][0]["label"]


def test_calls_are_signed_with_the_users_profile(as_user: Callable[..., None], outputs: str) -> None:
    as_user()
    catalogue = Catalogue(endpoints.deployed(outputs), Client(Access(profile=PROFILE)))
    assert catalogue.names() == ["question-answering", "sentiment"]
    assert catalogue.describe("sentiment").task == "text-classification"
    assert best(ask(outputs, Access(profile=PROFILE))) == "POSITIVE"


def test_another_signature_is_refused_in_words(as_user: Callable[..., None], outputs: str) -> None:
    as_user(secret="another-secret")
    reply = ask(outputs, Access(profile=PROFILE))
    assert reply.status == 403
    assert refusal.words(reply) == "Forbidden. AWS does not let these credentials call the function."


def test_a_key_is_no_signature(as_user: Callable[..., None], outputs: str) -> None:
    as_user()
    assert ask(outputs, Access(key=new_key())).status == 403


def test_functions_that_ask_for_a_key_get_it(
    changed_template: Callable[..., Path], cache: Path, tmp_path: Path
) -> None:
    key = new_key()
    template = changed_template({"KEY_SHA256": sha256(key)})
    with serve("--template", str(template), "--cache", str(cache), "--tasks", "sentiment") as locked:
        file = tmp_path / "outputs.json"
        found = {"SentimentUrl": f"{locked.url}sentiment/", "SentimentName": "hublet-sentiment"}
        file.write_text(json.dumps({STACK: found}))
        assert best(ask(str(file), Access(key))) == "POSITIVE"
        for access in (Access(), Access(new_key())):
            reply = ask(str(file), access)
            assert reply.status == 401
            assert "HUBLET_KEY" in refusal.words(reply)


def test_a_stack_is_found_by_its_name(
    as_user: Callable[..., None], signed: SignedUrls, tmp_path: Path
) -> None:
    with server(tmp_path) as port:
        as_user(AWS_ENDPOINT_URL=f"http://localhost:{port}", AWS_DEFAULT_REGION=REGION)
        template = {
            "Resources": {"Any": {"Type": "AWS::CloudFormation::WaitConditionHandle"}},
            "Outputs": {key: {"Value": value} for key, value in signed.outputs("sentiment").items()},
        }
        boto3.Session(profile_name=PROFILE).client("cloudformation").create_stack(
            StackName=STACK, TemplateBody=json.dumps(template)
        )
        assert best(ask(STACK, Access(profile=PROFILE))) == "POSITIVE"
        with pytest.raises(NoEndpoints, match="stack Nowhere cannot be read"):
            endpoints.deployed("Nowhere")


class _Elsewhere(BaseHTTPRequestHandler):
    """Sends every call to another path, and notes who came with what."""

    def do_GET(self) -> None:
        """307, as HTTP clients follow it with all of their headers."""
        seen: list[tuple[str, str | None]] = self.server.seen  # type: ignore[attr-defined]
        seen.append((self.path, self.headers.get("authorization")))
        self.send_response(307)
        self.send_header("location", "/elsewhere")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


def test_a_key_is_not_taken_along_to_another_address() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere) as server:
        server.seen = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            endpoint = Endpoint("spam", f"http://127.0.0.1:{server.server_port}/", "hublet-spam")
            reply = Client(Access("secret")).get(endpoint)
        finally:
            server.shutdown()
            thread.join()
    assert reply.status == 307
    assert server.seen == [("/", "Bearer secret")]  # type: ignore[attr-defined]
