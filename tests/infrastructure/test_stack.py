"""Promises about the whole template: least rights, nothing left behind, clean for the usual scanners."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from inference.tasks import all_tasks
from tests.support.cfn_lint import lint
from tests.support.synthesized import EVERY_OPTION, RELAY_WITH_EVERY_OPTION, SCANNED, acknowledged_rules

if TYPE_CHECKING:
    from tests.support.synthesized import Synth, Synthesized

NETWORK_INTERFACES = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
]

# X-Ray knows no resources (IAM service authorization reference, AWS X-Ray).
TRACES = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]


def policy_statements(stack: Synthesized) -> list[dict[str, Any]]:
    policies = stack.all("AWS::IAM::Policy").values()
    return [
        statement for policy in policies for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def test_one_function_per_task_one_for_the_cache_and_one_image_for_all(stack: Synthesized) -> None:
    """With a relay one more function makes models, and those that serve have a smaller image."""
    functions = stack.all("AWS::Lambda::Function").values()
    targets = {"serve", None} if stack.is_relayed else {None}
    assert len(functions) == len(all_tasks()) + (2 if stack.is_relayed else 1)
    assert len({json.dumps(function["Properties"]["Code"]) for function in functions}) == len(targets)
    assets = json.loads((stack.folder / "Hublet.assets.json").read_text())
    images = [image["source"] for image in assets["dockerImages"].values()]
    assert {image.get("dockerBuildTarget") for image in images} == targets
    assert {image["dockerFile"] for image in images} == {"docker/Dockerfile"}
    assert {image["platform"] for image in images} == {"linux/amd64"}


def test_the_build_context_holds_code_and_pins_only(default_stack: Synthesized) -> None:
    contexts = list(default_stack.folder.glob("asset.*"))
    found = [
        [path.relative_to(context) for path in context.rglob("*") if path.is_file()] for context in contexts
    ]
    files = found[0]
    assert [sorted(each) for each in found] == [sorted(files)] * 2, "one for each image"
    assert {path.parts[0] for path in files} == {".dockerignore", "docker", "inference", "models.lock.json"}
    assert {str(path) for path in files if path.parts[0] == "docker"} == {
        "docker/Dockerfile",
        "docker/requirements-serve.txt",
        "docker/requirements.txt",
        "docker/slim.py",
    }
    assert {path.suffix for path in files if path.parts[0] == "inference"} <= {
        ".py",
        ".md",
        ".txt",
        ".typed",
        ".ogg",
        ".png",
    }


def test_no_custom_resources_but_the_one_that_empties_a_bucket(stack: Synthesized) -> None:
    types = [resource["Type"] for resource in stack.template["Resources"].values()]
    custom = [name for name in types if name.startswith("Custom::") or "CustomResource" in name]
    assert custom == (["Custom::EmptyBucket"] if stack.is_relayed else [])


def test_everything_goes_with_the_stack(stack: Synthesized) -> None:
    for id, resource in stack.template["Resources"].items():
        assert resource.get("DeletionPolicy", "Delete") == "Delete", id
        assert resource.get("UpdateReplacePolicy", "Delete") == "Delete", id


def test_the_only_wildcard_is_the_one_that_aws_asks_for(stack: Synthesized) -> None:
    check_wildcards(stack, NETWORK_INTERFACES)


def test_with_every_option_the_only_wildcards_are_those_that_aws_asks_for(synth: Synth) -> None:
    for options in (EVERY_OPTION, RELAY_WITH_EVERY_OPTION):
        check_wildcards(synth(**options), [*NETWORK_INTERFACES, *TRACES])


def check_wildcards(stack: Synthesized, forced: list[str]) -> None:
    assert not any("Policies" in role["Properties"] for role in stack.all("AWS::IAM::Role").values())
    for statement in policy_statements(stack):
        assert "*" not in json.dumps(statement["Action"])
        if statement["Resource"] == "*":
            assert set(statement["Action"]) <= set(forced)
        elif "*" in json.dumps(statement["Resource"]):
            if all(action.startswith("states:") for action in as_list(statement["Action"])):
                continue  # executions of one machine; tests of the batch say which
            # Objects of the relay's bucket; tests of the relay say who may use which.
            assert all(action.startswith("s3:") for action in as_list(statement["Action"]))
            assert all(each["Fn::Join"][1][0] == bucket_arn(stack) for each in as_list(statement["Resource"]))


def as_list(value: Any) -> list[Any]:
    """One action or resource stands in a template without a list around it."""
    return value if isinstance(value, list) else [value]


def bucket_arn(stack: Synthesized) -> dict[str, Any]:
    bucket, _ = stack.one("AWS::S3::Bucket")
    return {"Fn::GetAtt": [bucket, "Arn"]}


def test_code_may_not_use_the_network_permissions_of_its_role(stack: Synthesized) -> None:
    denied = {
        statement["Condition"]["ArnEquals"]["lambda:SourceFunctionArn"]["Fn::Join"][1][-1]
        for statement in policy_statements(stack)
        if statement["Effect"] == "Deny" and statement["Action"] == NETWORK_INTERFACES
    }
    names = {f["Properties"]["FunctionName"] for f in stack.in_vpc().values()}
    assert denied == {f":function:{name}" for name in names}


def test_roles_are_our_own_and_write_to_their_own_log_group(stack: Synthesized) -> None:
    for role in stack.all("AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in role["Properties"]
        assert "Policies" not in role["Properties"]
    groups = [
        statement["Resource"]["Fn::GetAtt"][0]
        for statement in policy_statements(stack)
        if statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    ]
    assert sorted(groups) == sorted(stack.all("AWS::Logs::LogGroup"))


def test_resources_carry_the_projects_tag(stack: Synthesized) -> None:
    for function in stack.all("AWS::Lambda::Function").values():
        assert {"Key": "project", "Value": "hublet"} in function["Properties"]["Tags"]


def test_cdk_nag_finds_nothing_that_is_not_acknowledged_with_a_reason(stack: Synthesized) -> None:
    reports = {report["pluginName"]: report for report in stack.validation_report["pluginReports"]}
    report = reports["AwsSolutions"]
    assert report["conclusion"] == "success"
    assert report["violations"] == []
    acknowledged = report["suppressedViolations"]
    assert {finding["ruleName"] for finding in acknowledged} == acknowledged_rules(stack)
    assert all(finding["reason"] for finding in acknowledged)


@pytest.mark.timeout(180)
def test_cfn_lint_finds_nothing(synth: Synth) -> None:
    lint(synth(**context).path for context in SCANNED.values())
