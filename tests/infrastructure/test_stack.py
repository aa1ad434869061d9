"""Promises about the whole template: least rights, nothing left behind, clean for the usual scanners."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from inference.tasks import all_tasks
from tests.infrastructure.synth import MODES, SECRET_ARN

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.infrastructure.conftest import Synth
    from tests.infrastructure.synth import Synthesized

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

EVERY_OPTION = {
    **MODES["ipv6-key"],
    "hf_token_secret_arn": SECRET_ARN,
    "tracing": "true",
    "prefetch": "true",
    "dashboard": "true",
    "alarm_email": "someone@example.com",
    "on_failure_arn": "arn:aws:sqs:us-east-1:123456789012:failed-events",
    "cors_origins": "https://a.example",
    "keep_cache": "true",
}

ACKNOWLEDGED = {"AwsSolutions-VPC7", "AwsSolutions-IAM5[Resource::*]"}

# W3005: a DependsOn that a reference implies already. The CDK writes it to be sure, for roles and mounts.
LINT_IGNORED = "W3005"


def policy_statements(stack: Synthesized) -> list[dict[str, Any]]:
    policies = stack.all("AWS::IAM::Policy").values()
    return [
        statement for policy in policies for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def test_one_function_per_task_one_for_the_cache_and_one_image_for_all(stack: Synthesized) -> None:
    functions = stack.all("AWS::Lambda::Function").values()
    assert len(functions) == len(all_tasks()) + 1
    assert len({json.dumps(function["Properties"]["Code"]) for function in functions}) == 1
    assets = json.loads((stack.folder / "Hublet.assets.json").read_text())
    (image,) = assets["dockerImages"].values()
    assert image["source"]["dockerFile"] == "docker/Dockerfile"
    assert image["source"]["platform"] == "linux/amd64"


def test_the_build_context_holds_code_and_pins_only(default_stack: Synthesized) -> None:
    (context,) = default_stack.folder.glob("asset.*")
    files = [path.relative_to(context) for path in context.rglob("*") if path.is_file()]
    assert {path.parts[0] for path in files} == {".dockerignore", "docker", "inference", "models.lock.json"}
    assert {str(path) for path in files if path.parts[0] == "docker"} == {
        "docker/Dockerfile",
        "docker/requirements.txt",
        "docker/slim.py",
    }
    assert {path.suffix for path in files if path.parts[0] == "inference"} <= {
        ".py",
        ".md",
        ".txt",
        ".ogg",
        ".png",
    }


def test_no_custom_resources(stack: Synthesized) -> None:
    types = {resource["Type"] for resource in stack.template["Resources"].values()}
    assert not [name for name in types if name.startswith("Custom::") or "CustomResource" in name]


def test_everything_goes_with_the_stack(stack: Synthesized) -> None:
    for id, resource in stack.template["Resources"].items():
        assert resource.get("DeletionPolicy", "Delete") == "Delete", id
        assert resource.get("UpdateReplacePolicy", "Delete") == "Delete", id


def test_the_only_wildcard_is_the_one_that_aws_asks_for(stack: Synthesized) -> None:
    check_wildcards(stack, NETWORK_INTERFACES)


def test_with_every_option_the_only_wildcards_are_those_that_aws_asks_for(synth: Synth) -> None:
    check_wildcards(synth(**EVERY_OPTION), [*NETWORK_INTERFACES, *TRACES])


def check_wildcards(stack: Synthesized, forced: list[str]) -> None:
    for statement in policy_statements(stack):
        assert "*" not in json.dumps(statement["Action"])
        if "*" in json.dumps(statement["Resource"]):
            assert statement["Resource"] == "*"
            assert set(statement["Action"]) <= set(forced)
    assert not any("Policies" in role["Properties"] for role in stack.all("AWS::IAM::Role").values())


def test_code_may_not_use_the_network_permissions_of_its_role(stack: Synthesized) -> None:
    denied = {
        statement["Condition"]["ArnEquals"]["lambda:SourceFunctionArn"]["Fn::Join"][1][-1]
        for statement in policy_statements(stack)
        if statement["Effect"] == "Deny" and statement["Action"] == NETWORK_INTERFACES
    }
    names = {f["Properties"]["FunctionName"] for f in stack.all("AWS::Lambda::Function").values()}
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
    assert {finding["ruleName"] for finding in acknowledged} == ACKNOWLEDGED
    assert all(finding["reason"] for finding in acknowledged)


def lint(templates: Iterable[Path]) -> None:
    """Fails with what cfn-lint says."""
    start = "import sys; from cfnlint.runner import main; sys.exit(main())"
    command = [
        sys.executable,
        "-c",
        start,
        "--ignore-checks",
        LINT_IGNORED,
        "--template",
        *map(str, templates),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=170, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.timeout(180)
def test_cfn_lint_finds_nothing_in_any_mode(synth: Synth) -> None:
    lint(synth(**context).path for context in MODES.values())
