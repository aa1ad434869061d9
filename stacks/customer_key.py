"""A KMS key of the operator's own, for what the stack stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

if TYPE_CHECKING:
    from constructs import Construct


def find_key(scope: Construct, arn: str | None) -> kms.IKey | None:
    """The key, if one was chosen; each construct that uses it has it under its own name."""
    return kms.Key.from_key_arn(scope, "CustomerKey", arn) if arn else None


def allow_by_bucket(scope: Construct, arn: str) -> iam.PolicyStatement:
    """Allow to read and write objects that S3 encrypts with the key, and nothing else by it."""
    service = f"s3.{Stack.of(scope).region}.amazonaws.com"
    return iam.PolicyStatement(
        actions=["kms:Decrypt", "kms:GenerateDataKey"],
        resources=[arn],
        conditions={"StringEquals": {"kms:ViaService": service}},
    )
