"""Synthesizes the app in this process, with the context of ``cdk.json`` and what a test changes in it."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

# The Node that came with the environment, not one that happens to be installed; jsii reads this at import.
NODE = Path(sys.executable).with_name("node")
if NODE.exists():
    os.environ.setdefault("JSII_NODE", str(NODE))

from aws_cdk import App, Validations  # noqa: E402
from aws_cdk.assertions import Template  # noqa: E402
from cdk_nag import AwsSolutionsChecks  # noqa: E402

from stacks.app import build  # noqa: E402
from tests.support.paths import ROOT  # noqa: E402

if TYPE_CHECKING:
    from inference.task import Task
    from stacks.inference_stack import InferenceStack

CDK_JSON = json.loads((ROOT / "cdk.json").read_text())

Resource = dict[str, Any]

EGRESS = ("relay", "nat", "none")
KEY_SHA256 = "5b" * 32
SECRET_ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:hub/token-AbCd12"
KMS_KEY_ARN = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
AUTH: dict[str, dict[str, str]] = {
    "iam": {},
    "key": {"auth": "key", "key_sha256": KEY_SHA256},
    "none": {"auth": "none", "i_accept_public": "true"},
}
MODES = {f"{egress}-{auth}": {"egress": egress, **AUTH[auth]} for egress in EGRESS for auth in AUTH}
COVERING = ("relay-iam", "nat-key", "none-none")
"""Each way out, and each door."""
SCANNED = {mode: MODES[mode] for mode in (MODES if os.environ.get("HUBLET_SCAN") == "all" else COVERING)}
"""Templates for the scanners, which take long; ``make scan`` shows them all."""

EVERY_OPTION = {
    **MODES["nat-key"],
    "hf_token_secret_arn": SECRET_ARN,
    "tracing": "true",
    "prefetch": "true",
    "dashboard": "true",
    "alarm_email": "someone@example.com",
    "on_failure_arn": "arn:aws:sqs:us-east-1:123456789012:failed-events",
    "cors_origins": "https://a.example",
    "keep_cache": "true",
    "flow_logs": "true",
    "kms_key_arn": KMS_KEY_ARN,
}
RELAY_WITH_EVERY_OPTION = {
    **EVERY_OPTION,
    **MODES["relay-key"],
    "artifact_days": "30",
    "factory_memory": "10240",
    "batch": "true",
    "batch_concurrency": "100",
}


@dataclass(frozen=True)
class Synthesized:
    """One template, and questions that many tests ask of it."""

    folder: Path
    stack: InferenceStack

    @cached_property
    def path(self) -> Path:
        return self.folder / f"{self.stack.stack_name}.template.json"

    @cached_property
    def template(self) -> dict[str, Any]:
        return dict(json.loads(self.path.read_text()))

    @cached_property
    def check(self) -> Template:
        return Template.from_json(self.template)

    @cached_property
    def validation_report(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "validation-report.json").read_text()))

    def all(self, resource_type: str) -> dict[str, Resource]:
        resources = self.template["Resources"].items()
        return {id: resource for id, resource in resources if resource["Type"] == resource_type}

    def one(self, resource_type: str) -> tuple[str, Resource]:
        (found,) = self.all(resource_type).items()
        return found

    @property
    def is_relayed(self) -> bool:
        """Whether models come through a bucket."""
        return bool(self.all("AWS::S3::Bucket"))

    def in_vpc(self) -> dict[str, Resource]:
        """The functions that stand in the network: all but the factory."""
        functions = self.all("AWS::Lambda::Function").items()
        return {id: function for id, function in functions if "VpcConfig" in function["Properties"]}

    def variables(self) -> list[dict[str, Any]]:
        """What each function of a task finds in its environment."""
        functions = self.all("AWS::Lambda::Function").values()
        found = [each["Properties"].get("Environment", {}).get("Variables", {}) for each in functions]
        return [variables for variables in found if "TASK" in variables]

    def function(self, task: Task) -> tuple[str, Resource]:
        """The function of one task, found as the local cloud finds it: by its TASK variable."""
        (found,) = (
            (id, function)
            for id, function in self.all("AWS::Lambda::Function").items()
            if function["Properties"].get("Environment", {}).get("Variables", {}).get("TASK") == task.name
        )
        return found

    def belonging_to(self, function: str, resource_type: str) -> dict[str, Resource]:
        """Resources of a type that name a function, by ``Ref`` or by ``GetAtt``."""
        marks = (f'{{"Ref": "{function}"}}', f'{{"Fn::GetAtt": ["{function}", "Arn"]}}')
        found = self.all(resource_type).items()
        return {
            id: resource
            for id, resource in found
            if any(mark in json.dumps(resource["Properties"]) for mark in marks)
        }


def synthesize(folder: Path, **context: Any) -> Synthesized:
    """The template for a context, with cdk-nag's verdict beside it; a finding nobody acknowledged raises."""
    app = App(outdir=str(folder), context={**CDK_JSON["context"], **context})
    stack = build(app)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
    return Synthesized(folder, stack)


def acknowledged_rules(stack: Synthesized) -> set[str]:
    """What cdk-nag is told the reason for: in every stack, and where there is a bucket."""
    rules = {"AwsSolutions-VPC7", "AwsSolutions-IAM5[Resource::*]"}
    for bucket in stack.all("AWS::S3::Bucket"):
        parts = ("", "requests/", "loads/", "progress/", "artifacts/")
        rules |= {
            "AwsSolutions-S1",
            *(f"AwsSolutions-IAM5[Resource::<{bucket}.Arn>/{part}*]" for part in parts),
        }
    return rules


class Synth(Protocol):
    def __call__(self, **context: Any) -> Synthesized: ...
