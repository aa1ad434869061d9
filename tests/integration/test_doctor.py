"""``hublet doctor`` and an account of moto's: before and after the region is prepared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest
from moto.server import ThreadedMotoServer

from hublet.doctor.account import Account
from hublet.doctor.finding import FAIL, OK, WARN
from hublet.doctor.report import DEPLOY, checks_for, look

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "/cdk-bootstrap/hnb659fds/version"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Credentials that moto takes, and no configuration of whoever runs the tests."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_REGION", raising=False)
    server = ThreadedMotoServer("127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    yield url
    server.stop()


def test_an_account_that_may_be_deployed_to(aws: str) -> None:
    boto3.client("sts").get_caller_identity()  # moto loads a service at its first call, which takes long
    boto3.client("ssm").describe_parameters()
    account = Account()
    assert account.check_credentials().text.startswith("account 123456789012")
    assert account.check_region().text == "us-east-1"
    before = account.check_bootstrap()
    assert before.status == FAIL
    assert before.text == "AWS says ParameterNotFound"
    assert "bootstrap`, once for each account and region" in before.advice
    parameters = boto3.client("ssm")
    parameters.put_parameter(Name=VERSION, Value="5", Type="String")
    assert account.check_bootstrap().text == "version 5 is too old"
    parameters.put_parameter(Name=VERSION, Value="29", Type="String", Overwrite=True)
    assert (account.check_bootstrap().status, account.check_bootstrap().text) == (OK, "version 29")


def test_without_credentials_each_line_says_what_to_do(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    account = Account()
    assert account.check_credentials().status == FAIL
    assert "aws configure" in account.check_credentials().advice
    assert account.check_region().status == FAIL
    assert account.check_bootstrap().status == FAIL
    assert account.check_quotas().status == WARN


def test_a_profile_that_is_not_there_is_named(aws: str) -> None:
    found = Account("nobody").check_credentials()
    assert found.status == FAIL
    assert "nobody" in found.text


def test_an_account_that_does_not_answer_is_not_waited_for(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    found = look(checks_for(DEPLOY, None, "http://127.0.0.1:9"))
    assert found["credentials"].status == FAIL
    assert "Could not connect" in found["credentials"].text
    assert found["cdk"].status == OK
