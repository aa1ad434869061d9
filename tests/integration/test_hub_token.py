"""The Hub token of a gated model: from Secrets Manager to the Hub's door, and nowhere else."""

from __future__ import annotations

import json
import shutil
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx2
import pytest
from moto.server import ThreadedMotoServer

from inference.deadline import Deadline
from inference.errors import HubUnreachable, ModelNotReady, ModelUnavailable
from inference.hub.token import HubToken
from inference.prepare import preparation
from inference.prepare.direct import DirectProvider
from inference.prepare.spec import ArtifactSpec
from inference.task import Model
from local.demo.catalog import DEMO_REPOSITORIES
from local.hub.server import HubServer
from tests.support.leftovers import descendants
from tests.support.served import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.hub.record import HubLog

TOKEN, NEXT_TOKEN = "hf_canary7c1f9a", "hf_canary7c1f9b"
CANARY = "hf_canary7c1f9"
NAME = "hub/token"
MODEL = Model("hublet/small")
SPEC = ArtifactSpec("any-tag", (), "auto", threads=1, memory_mb=4096)
DEMO = "hublet/demo-sentiment"
SLOW_BYTES_PER_S = 2_000_000
FAULT_S = 8.0
"""The library would wait longer for some of them."""


class Secrets:
    """Secrets Manager as moto serves it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = boto3.Session("test", "test", region_name="us-east-1")
        self.client = self.session.client("secretsmanager", endpoint_url=url)

    def create(self, **value: Any) -> str:
        return str(self.client.create_secret(Name=NAME, **value)["ARN"])


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def secrets(server: str, monkeypatch: pytest.MonkeyPatch) -> Secrets:
    """Empty, and what this process finds under the variables that a function has."""
    httpx2.post(f"{server}/moto-api/reset")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    return Secrets(server)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubServer]:
    """A small model that takes a token."""
    folder = tmp_path / "repositories" / "hublet" / "small"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "config.json").write_text('{"model_type": "bert"}')
    with HubServer(tmp_path / "repositories") as running:
        running.faults.gated, running.faults.tokens = [MODEL.id], [TOKEN]
        yield running


def fetch(hub: HubServer, tmp_path: Path, arn: str, within_s: float = 60) -> None:
    provider = DirectProvider(tmp_path / "cache", hub.url, {}, SPEC, HubToken(arn))
    provider.fetch(MODEL, Deadline.after(within_s), lambda progress: None)


def read(arn: str, within_s: float = 60) -> str:
    return HubToken(arn).read(Deadline.after(within_s))


def authorizations(record: HubLog) -> set[str | None]:
    return {seen.headers.get("authorization") for seen in record.requests}


@pytest.mark.parametrize("value", [TOKEN, f" {TOKEN}\n", json.dumps({"HF_TOKEN": TOKEN})])
def test_a_secret_is_the_token_or_an_object_with_it(secrets: Secrets, value: str) -> None:
    assert read(secrets.create(SecretString=value)) == TOKEN


@pytest.mark.parametrize(
    "value",
    [
        {"SecretString": json.dumps({"a": TOKEN, "b": TOKEN})},
        {"SecretString": json.dumps({"a": [TOKEN]})},
        {"SecretString": "{" + TOKEN},
        {"SecretString": f"{TOKEN} {TOKEN}"},
        {"SecretString": f"{TOKEN}\nhost: x"},
        {"SecretString": f"{TOKEN}é"},
        {"SecretBinary": TOKEN.encode()},
    ],
)
def test_anything_else_is_no_token(secrets: Secrets, value: dict[str, Any]) -> None:
    with pytest.raises(ModelUnavailable, match="holds none") as raised:
        read(secrets.create(**value))
    assert CANARY not in raised.value.message


def test_a_secret_that_is_not_there(secrets: Secrets) -> None:
    arn = secrets.create(SecretString=TOKEN)
    secrets.client.delete_secret(SecretId=NAME)
    with pytest.raises(ModelUnavailable, match="cannot be read: InvalidRequestException"):
        read(arn)
    secrets.client.delete_secret(SecretId=NAME, ForceDeleteWithoutRecovery=True)
    with pytest.raises(ModelUnavailable, match="cannot be read: ResourceNotFoundException") as raised:
        read(arn)
    assert "123456789012" not in raised.value.message


def test_a_role_that_may_not_read_it(secrets: Secrets, monkeypatch: pytest.MonkeyPatch) -> None:
    arn = secrets.create(SecretString=TOKEN)
    iam = secrets.session.client("iam", endpoint_url=secrets.url)
    iam.create_user(UserName="stranger")
    key = iam.create_access_key(UserName="stranger")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    httpx2.post(f"{secrets.url}/moto-api/reset-auth", content=b"0")
    try:
        # moto answers this in XML, of which boto3 reads the status alone; AWS names AccessDeniedException.
        with pytest.raises(ModelUnavailable, match="cannot be read: 403") as raised:
            read(arn)
    finally:
        httpx2.post(f"{secrets.url}/moto-api/reset-auth", content=b"inf")
    assert "stranger" not in raised.value.message


def test_no_credentials(secrets: Secrets, monkeypatch: pytest.MonkeyPatch) -> None:
    arn = secrets.create(SecretString=TOKEN)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    with pytest.raises(ModelUnavailable, match="cannot be read: NoCredentialsError"):
        read(arn)


def test_a_silent_secrets_manager_does_not_outlast_the_deadline(
    secrets: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = secrets.create(SecretString=TOKEN)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", f"http://127.0.0.1:{silent.getsockname()[1]}")
        started_s = time.monotonic()
        with pytest.raises(HubUnreachable, match="could not be read: ReadTimeoutError") as raised:
            read(arn, within_s=2)
    assert time.monotonic() - started_s < 6
    assert raised.value.retry_after_s


def test_a_model_for_everybody_reads_no_secret(hub: HubServer, tmp_path: Path) -> None:
    hub.faults.gated = []
    fetch(hub, tmp_path, "arn:aws:secretsmanager:nowhere:123456789012:secret:none-AbCd12")
    assert authorizations(hub.record) == {None}


def test_a_gated_model_takes_the_token_of_the_moment(
    secrets: Secrets, hub: HubServer, tmp_path: Path
) -> None:
    arn = secrets.create(SecretString=TOKEN)
    hub.faults.tokens = [NEXT_TOKEN]
    with pytest.raises(ModelUnavailable, match="is gated: the Hub token has no access to it"):
        fetch(hub, tmp_path, arn)
    secrets.client.put_secret_value(SecretId=NAME, SecretString=NEXT_TOKEN)
    fetch(hub, tmp_path, arn)
    assert authorizations(hub.record) == {None, f"Bearer {TOKEN}", f"Bearer {NEXT_TOKEN}"}


def test_a_token_that_was_revoked_is_told_and_a_new_one_taken(
    secrets: Secrets, hub: HubServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The Hub answers such a token with 401, for any model."""
    arn = secrets.create(SecretString=TOKEN)
    hub.faults.tokens, hub.faults.revoked = [TOKEN, NEXT_TOKEN], [TOKEN]
    with pytest.raises(
        ModelUnavailable, match=r"refused access to hublet/small at revision main \(401\)"
    ) as told:
        fetch(hub, tmp_path, arn)
    assert f"Bearer {TOKEN}" in authorizations(hub.record)
    assert hub.record.file_bytes == 0
    assert CANARY not in "".join(capfd.readouterr()) + str(told.value)
    assert files_with(CANARY, tmp_path / "cache") == []
    secrets.client.put_secret_value(SecretId=NAME, SecretString=NEXT_TOKEN)
    fetch(hub, tmp_path, arn)


def test_it_is_not_sent_where_others_can_read_it(
    secrets: Secrets, hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Hub of this test is on this machine, so it is called a public one."""
    monkeypatch.setattr(preparation, "is_private", lambda url: url != hub.url)
    with pytest.raises(ModelUnavailable, match="none is sent over plain HTTP: hub_url must be https"):
        fetch(hub, tmp_path, secrets.create(SecretString=TOKEN))
    assert authorizations(hub.record) == {None}


def test_the_token_stays_with_the_hub(secrets: Secrets, hub: HubServer, tmp_path: Path) -> None:
    """The Hub sends downloads on to a storage of its own, which is another host."""
    with HubServer(tmp_path / "repositories") as storage:
        hub.faults.redirect = storage.url
        fetch(hub, tmp_path, secrets.create(SecretString=TOKEN))
        assert f"Bearer {TOKEN}" in authorizations(hub.record)
        assert any("model.safetensors" in line for line in storage.record.lines)
        assert authorizations(storage.record) == {None}


@pytest.mark.parametrize(
    "fault",
    [{"broken": True}, {"retry_after_s": 300}, {"cut_after_bytes": 3}, {"corrupt": True}, {"hang": True}],
    ids=str,
)
def test_a_fault_of_the_hub_does_not_tell_the_token(
    secrets: Secrets, hub: HubServer, tmp_path: Path, capfd: pytest.CaptureFixture[str], fault: dict[str, Any]
) -> None:
    """Each fault meets a download that has the token; what is said of it, logged and left behind has not."""
    hub.faults.only = "model.safetensors"
    for name, value in fault.items():
        setattr(hub.faults, name, value)
    started_s = time.monotonic()
    with pytest.raises((HubUnreachable, ModelNotReady)) as raised:
        fetch(hub, tmp_path, secrets.create(SecretString=TOKEN), within_s=FAULT_S)
    assert time.monotonic() - started_s < FAULT_S + 2
    resolved = [seen for seen in hub.record.requests if "model.safetensors" in seen.path]
    assert f"Bearer {TOKEN}" in {seen.headers.get("authorization") for seen in resolved}
    assert CANARY not in "".join(capfd.readouterr()) + str(raised.value)
    assert files_with(CANARY, tmp_path / "cache") == []


class Watch:
    """Arguments and variables of every process below one, taken again and again while it works."""

    def __init__(self, pid: int) -> None:
        self.seen: dict[int, bytes] = {}
        self._pid = pid
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.02):
            for pid in descendants(self._pid):
                facts = b"".join(facts_of(pid, name) for name in ("cmdline", "environ"))
                if facts not in self.seen.setdefault(
                    pid, b""
                ):  # before it became its program it was its parent
                    self.seen[pid] += facts

    def folders(self) -> set[Path]:
        """Where these processes keep their temporary files."""
        variables = [each.decode() for facts in self.seen.values() for each in facts.split(b"\0")]
        return {
            Path(each.partition("=")[2]) for each in variables if each.startswith(("TMPDIR=", "HF_HOME="))
        }


def facts_of(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def files_with(word: str, *folders: Path) -> list[Path]:
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert files
    return [path for path in files if word.encode() in path.read_bytes() or word in path.name]


@pytest.mark.timeout(400)
def test_the_token_appears_nowhere(
    secrets: Secrets, changed_template: Callable[..., Path], tmp_path: Path
) -> None:
    """Not in a log, an answer, the cache or a temporary file, nor in a process's variables or arguments."""
    cache = tmp_path / "cache"
    variables = {
        "MODEL": DEMO,
        "HF_TOKEN_SECRET_ARN": secrets.create(SecretString=TOKEN),
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": secrets.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "LOG_LEVEL": "DEBUG",
    }
    template = changed_template(variables)
    arguments = ("--template", str(template), "--cache", str(cache), "--tasks", "sentiment")
    with HubServer(DEMO_REPOSITORIES) as hub:
        hub.faults.gated = [DEMO]
        hub.faults.slow_bytes_per_s = SLOW_BYTES_PER_S
        with serve(*arguments, "--hub", hub.url) as served, Watch(served.process.pid) as watch:
            refused = served.post("sentiment/", {"inputs": "What a lovely day!"})
            hub.faults.tokens = [TOKEN]
            answered = served.post("sentiment/", {"inputs": "What a lovely day!"})
            described = served.get("sentiment/")
            log = "\n".join(served.wait_for("answered"))
            kept = [folder for folder in watch.folders() if folder.is_dir()]
            assert files_with(CANARY, cache, *kept) == []
        assert (refused.status_code, answered.status_code) == (424, 200)
        assert answered.json()[0][0]["label"] == "POSITIVE"
        assert f"Bearer {TOKEN}" in authorizations(hub.record)
    for module in (b"inference.hub.download", b"inference.convert"):
        assert any(module in facts for facts in watch.seen.values()), "the watch missed a process"
    assert not [pid for pid, facts in watch.seen.items() if CANARY.encode() in facts]
    replies = [part for reply in (refused, answered, described) for part in (reply.text, str(reply.headers))]
    assert CANARY not in log + "".join(replies)
    assert "HF_TOKEN_SECRET_ARN" not in log + "".join(replies)
    # With the model on the cache, neither the Hub nor the secret is asked: both are gone now.
    secrets.client.delete_secret(SecretId=NAME, ForceDeleteWithoutRecovery=True)
    with serve(*arguments, "--hub", hub.url) as served:
        assert served.post("sentiment/", {"inputs": "What a lovely day!"}).status_code == 200
    shutil.rmtree(cache)
