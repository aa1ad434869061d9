"""The AWS account: who one is, where, whether the CDK may deploy there, and how much may run."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hublet.cdk_cli import pinned_version
from hublet.doctor.finding import FAIL, OK, WARN, Finding

if TYPE_CHECKING:
    from collections.abc import Callable

CONNECT_S, READ_S = 3.0, 4.0
QUALIFIER = "hnb659fds"
"""The CDK's own (CDK guide, "Customize bootstrapping")."""
OLDEST_BOOTSTRAP = 6
"""What a stack with image assets asks for (``requiresBootstrapStackVersion`` of its manifest)."""
FEW_CALLS = 50
"""A new account may run ten functions at once."""
VPCS = 5
"""How many VPCs a region has by default (VPC guide, "Amazon VPC quotas")."""


@dataclass(frozen=True)
class Account:
    """AWS, as the user's configuration leads to it."""

    profile: str | None = None
    _making: threading.Lock = field(default_factory=threading.Lock, compare=False)
    """A session makes one client at a time."""

    @cached_property
    def _session(self) -> Any:
        import boto3

        return boto3.Session(profile_name=self.profile)

    def client(self, service: str) -> Any:
        """A client that gives up soon."""
        from botocore.config import Config

        limits = Config(
            connect_timeout=CONNECT_S,
            read_timeout=READ_S,
            retries={"total_max_attempts": 1, "mode": "standard"},
        )
        with self._making:
            return self._session.client(service, config=limits)

    @property
    def region(self) -> str | None:
        with self._making:
            found: str | None = self._session.region_name
        return found

    def check_credentials(self) -> Finding:
        """Whether AWS knows who is calling."""
        return self._ask(self._identity, "run `aws configure` or `aws sso login`, or set AWS_PROFILE")

    def check_region(self) -> Finding:
        """Where the stack will be."""
        if self.region:
            return Finding(OK, self.region)
        return Finding(FAIL, "none is set", "set AWS_REGION, like us-east-1, or run `aws configure`")

    def check_bootstrap(self) -> Finding:
        """Whether the region is prepared for the CDK."""
        where = f"npx aws-cdk@{pinned_version()} bootstrap"
        return self._ask(self._bootstrap, f"run `{where}`, once for each account and region")

    def check_quotas(self) -> Finding:
        """How many calls may run at once, and whether one VPC more fits."""
        return self._ask(self._quotas, "deploy all the same, or ask who may read quotas", otherwise=WARN)

    def _identity(self) -> Finding:
        identity = self.client("sts").get_caller_identity()
        return Finding(OK, f"account {identity['Account']}, {identity['Arn'].rpartition(':')[2]}")

    def _bootstrap(self) -> Finding:
        name = f"/cdk-bootstrap/{QUALIFIER}/version"
        version = int(self.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])
        if version >= OLDEST_BOOTSTRAP:
            return Finding(OK, f"version {version}")
        return Finding(
            FAIL, f"version {version} is too old", f"run `npx aws-cdk@{pinned_version()} bootstrap`"
        )

    def _quotas(self) -> Finding:
        limits = self.client("lambda").get_account_settings()["AccountLimit"]
        calls, vpcs = int(limits["ConcurrentExecutions"]), len(self.client("ec2").describe_vpcs()["Vpcs"])
        text = f"{calls:,} calls at once, {vpcs} VPCs"
        if calls < FEW_CALLS:
            return Finding(WARN, text, "ask for more in Service Quotas: Lambda, Concurrent executions")
        if vpcs >= VPCS:
            return Finding(
                WARN, text, f"see whether one VPC more is allowed ({VPCS} by default), or use vpc_id"
            )
        return Finding(OK, text)

    def _ask(self, question: Callable[[], Finding], advice: str, otherwise: str = FAIL) -> Finding:
        """The answer, or AWS's own words for why there is none."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return question()
        except ClientError as error:
            return Finding(otherwise, f"AWS says {error.response['Error']['Code']}", advice)
        except BotoCoreError as error:
            return Finding(otherwise, str(error).partition("\n")[0], advice)
