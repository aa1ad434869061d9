"""What platform engineers ask for: a key of their own, flow logs, an empty default security group."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.synthesized import KMS_KEY_ARN, MODES

if TYPE_CHECKING:
    from tests.support.synthesized import Synth, Synthesized

ONE_TASK = {"tasks": "spam"}


@pytest.fixture
def keyed(synth: Synth) -> Synthesized:
    return synth(**ONE_TASK, kms_key_arn=KMS_KEY_ARN, flow_logs="true")


def test_a_key_of_ones_own_encrypts_all_that_is_stored(keyed: Synthesized) -> None:
    _, file_system = keyed.one("AWS::EFS::FileSystem")
    assert file_system["Properties"]["KmsKeyId"] == KMS_KEY_ARN
    groups = keyed.all("AWS::Logs::LogGroup").values()
    assert len(groups) == 4  # the task, the cache function, the factory, the flow logs
    assert {group["Properties"]["KmsKeyId"] for group in groups} == {KMS_KEY_ARN}
    _, bucket = keyed.one("AWS::S3::Bucket")
    (rule,) = bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    how = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KMS_KEY_ARN}
    assert rule == {"BucketKeyEnabled": True, "ServerSideEncryptionByDefault": how}


def test_each_role_that_uses_the_bucket_uses_the_key_by_it_alone(keyed: Synthesized) -> None:
    users = 0
    for policy in keyed.all("AWS::IAM::Policy").values():
        statements = policy["Properties"]["PolicyDocument"]["Statement"]
        by_key = [each for each in statements if "kms:" in json.dumps(each["Action"])]
        uses_bucket = any("s3:GetObject" in json.dumps(each["Action"]) for each in statements)
        assert len(by_key) == uses_bucket
        users += uses_bucket
        for each in by_key:
            assert (each["Action"], each["Resource"]) == (["kms:Decrypt", "kms:GenerateDataKey"], KMS_KEY_ARN)
            service = json.dumps(each["Condition"]["StringEquals"]["kms:ViaService"])
            assert "s3." in service
            assert "AWS::Region" in service
    assert users == 3


def test_flow_logs_go_to_a_log_that_goes_with_the_stack(keyed: Synthesized) -> None:
    _, flows = keyed.one("AWS::EC2::FlowLog")
    assert flows["Properties"]["TrafficType"] == "ALL"
    group = keyed.template["Resources"][flows["Properties"]["LogGroupName"]["Ref"]]
    assert group["DeletionPolicy"] == "Delete"
    assert group["Properties"]["RetentionInDays"] == 14


def test_by_default_none_of_it_is_there(default_stack: Synthesized) -> None:
    text = json.dumps(default_stack.template)
    assert "KmsKeyId" not in text
    assert "kms:" not in text
    assert not default_stack.all("AWS::EC2::FlowLog")
    assert not custom(default_stack)


def custom(stack: Synthesized) -> list[Any]:
    return [each for each in stack.template["Resources"].values() if "DefaultSG" in each["Type"]]


def test_the_default_security_group_is_emptied_on_request(synth: Synth) -> None:
    (emptied,) = custom(synth(**ONE_TASK, empty_default_group="true"))
    assert "DefaultSecurityGroup" in json.dumps(emptied["Properties"]["DefaultSecurityGroupId"])


@pytest.mark.parametrize("chosen", ["flow_logs", "empty_default_group", "kms_key_arn"])
def test_cdk_nag_finds_nothing_new(synth: Synth, chosen: str) -> None:
    """Synthesizing runs it, and fails with what it finds."""
    value = KMS_KEY_ARN if chosen == "kms_key_arn" else "true"
    assert synth(**ONE_TASK, **{**MODES["relay-iam"], chosen: value}).template["Resources"]
