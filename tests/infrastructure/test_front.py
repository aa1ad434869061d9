"""The recipe of docs/operations.md: CloudFront before a function URL, which only it may call."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import App

from tests.support.paths import ROOT
from tests.support.synthesized import CDK_JSON

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """As the document's code makes it; the CDK's command line gives an app its context and its folder."""
    document = (ROOT / "docs/operations.md").read_text()
    (code,) = (
        each for each in re.findall(r"```python\n(.*?)```", document, re.DOTALL) if "Distribution(" in each
    )
    context = {**CDK_JSON["context"], "tasks": "sentiment"}
    monkeypatch.setattr("aws_cdk.App", lambda: App(context=context, outdir=str(tmp_path)))
    exec(compile(code, "front.py", "exec"), {})
    found: dict[str, Any] = json.loads((tmp_path / "Hublet.template.json").read_text())
    return found


def of_type(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each["Properties"] for each in template["Resources"].values() if each["Type"] == kind]


def test_cloudfront_signs_and_has_the_web_acl(template: dict[str, Any]) -> None:
    (front,) = of_type(template, "AWS::CloudFront::Distribution")
    (control,) = of_type(template, "AWS::CloudFront::OriginAccessControl")
    settings = control["OriginAccessControlConfig"]
    assert (settings["SigningBehavior"], settings["OriginAccessControlOriginType"]) == ("always", "lambda")
    config = front["DistributionConfig"]
    (origin,) = config["Origins"]
    assert "OriginAccessControlId" in origin
    assert ":global/webacl/" in config["WebACLId"]
    assert config["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "https-only"


def test_this_distribution_may_call_the_url_and_the_url_is_open_to_nobody_else(
    template: dict[str, Any],
) -> None:
    permissions = [
        each for each in of_type(template, "AWS::Lambda::Permission") if "cloudfront" in each["Principal"]
    ]
    assert {each["Action"] for each in permissions} == {"lambda:InvokeFunction", "lambda:InvokeFunctionUrl"}
    assert all("Front" in json.dumps(each["SourceArn"]) for each in permissions)
    (url,) = of_type(template, "AWS::Lambda::Url")
    assert url["AuthType"] == "AWS_IAM"
    assert not [each for each in of_type(template, "AWS::Lambda::Permission") if each["Principal"] == "*"]
