"""``auth=key`` over real sockets, from the synthesized template: with the clients that people have."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import boto3
import openai
import pytest
from botocore.config import Config
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError

from local.commands.key import new_key, sha256
from local.commands.run import RunFailed, call
from tests.support.paths import ROOT
from tests.support.served import serve, synth

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.served import Served

KEY, NEXT_KEY = new_key(), new_key()
KEYS = pytest.mark.parametrize("key", [KEY, NEXT_KEY], ids=["key", "next key"])
TEXT = "What a lovely day!"
MESSAGES: Any = [{"role": "user", "content": "What is the capital of France?"}]


@pytest.fixture(scope="module")
def locked(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two functions that ask for a key, in the middle of a rotation."""
    hashes = f"key_sha256={sha256(KEY)},{sha256(NEXT_KEY)}"
    context = ("-c", "auth=key", "-c", hashes, "-c", "tasks=sentiment,chat")
    template = synth(ROOT, tmp_path_factory.mktemp("cdk.out"), *context)
    with serve("--template", str(template), "--cache", str(cache)) as running:
        yield running


@KEYS
def test_the_hubs_client(locked: Served, key: str) -> None:
    client = InferenceClient(model=f"{locked.url}sentiment", token=key, timeout=600)
    assert client.text_classification(TEXT)[0].label == "POSITIVE"


def test_the_hubs_client_with_another_key(locked: Served) -> None:
    client = InferenceClient(model=f"{locked.url}sentiment", token=new_key())
    with pytest.raises(HfHubHTTPError) as raised:
        client.text_classification(TEXT)
    assert raised.value.response.status_code == 401
    assert raised.value.response.json()["type"] == "Unauthorized"


@KEYS
def test_openais_client(locked: Served, key: str) -> None:
    with openai.OpenAI(base_url=f"{locked.url}chat/v1", api_key=key, timeout=600) as client:
        assert len(client.models.list().data) == 1
        reply = client.chat.completions.create(model="default", messages=MESSAGES, max_tokens=4)
        assert reply.choices[0].message


def test_openais_client_with_another_key(locked: Served) -> None:
    client = openai.OpenAI(base_url=f"{locked.url}chat/v1", api_key="none", max_retries=0)
    with client, pytest.raises(openai.AuthenticationError, match="the key is wrong"):
        client.chat.completions.create(model="default", messages=MESSAGES)


def curl(url: str, *arguments: str) -> tuple[str, str]:
    """Headers and body."""
    command = ["curl", "-s", "-i", url, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    head, _, body = done.stdout.partition("\n\n")
    return head.lower(), body


@KEYS
def test_curl(locked: Served, key: str) -> None:
    url, data = f"{locked.url}sentiment/", json.dumps({"inputs": TEXT})
    head, body = curl(url, "-d", data, "-H", f"Authorization: Bearer {key}")
    assert head.startswith("http/1.1 200")
    assert json.loads(body)[0][0]["label"] == "POSITIVE"


@pytest.mark.parametrize("path", ["", "health", "openapi.json", "v1/models", "nowhere"])
def test_curl_without_a_key(locked: Served, path: str) -> None:
    head, body = curl(f"{locked.url}sentiment/{path}")
    assert head.startswith("http/1.1 401")
    assert "www-authenticate: bearer" in head
    assert json.loads(body)["type"] == "Unauthorized"


def test_a_direct_invoke_comes_through_iam_and_needs_no_key(locked: Served) -> None:
    client = boto3.client(
        "lambda",
        endpoint_url=locked.url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(read_timeout=600),
    )
    reply = client.invoke(FunctionName="hublet-sentiment", Payload=json.dumps({"inputs": TEXT}).encode())
    assert json.load(reply["Payload"])[0][0]["label"] == "POSITIVE"


def test_the_clients_keys_are_in_no_log(locked: Served) -> None:
    locked.post("sentiment/", {"inputs": TEXT}, headers={"authorization": f"Bearer {KEY}"})
    log = "\n".join(locked.wait_for("answered"))
    assert KEY not in log
    assert NEXT_KEY not in log


def test_make_run_takes_the_key_from_the_environment(locked: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"{locked.url}sentiment/"
    with pytest.raises(RunFailed, match="401"):
        call("sentiment", url, {"inputs": TEXT})
    monkeypatch.setenv("HUBLET_KEY", KEY)
    assert call("sentiment", url, {"inputs": TEXT})[0][0]["label"] == "POSITIVE"
