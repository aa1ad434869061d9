"""The model cache: one encrypted EFS file system that all functions mount at the same path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_efs as efs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from inference.settings import DEFAULT_CACHE
from stacks.customer_key import find_key

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms

    from stacks.network import Network
    from stacks.options.stack import Options

MOUNT_PATH = DEFAULT_CACHE
UID, GID = "993", "990"
"""The user that every file on the cache belongs to, whichever function wrote it."""

READ_ACTIONS = ["elasticfilesystem:ClientMount"]
WRITE_ACTION = "elasticfilesystem:ClientWrite"
MOUNT_ACTIONS = [*READ_ACTIONS, WRITE_ACTION]
ROOT_ACTION = "elasticfilesystem:ClientRootAccess"

THROUGHPUT = {"bursting": efs.ThroughputMode.BURSTING, "elastic": efs.ThroughputMode.ELASTIC}
INFREQUENT_AFTER = {
    1: efs.LifecyclePolicy.AFTER_1_DAY,
    7: efs.LifecyclePolicy.AFTER_7_DAYS,
    14: efs.LifecyclePolicy.AFTER_14_DAYS,
    30: efs.LifecyclePolicy.AFTER_30_DAYS,
    60: efs.LifecyclePolicy.AFTER_60_DAYS,
    90: efs.LifecyclePolicy.AFTER_90_DAYS,
}


class ModelCache(Construct):
    """Open only to the roles that ``admit`` names, over TLS, through the one access point."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        network: Network,
        options: Options,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        """``encryption_key``: in place of the one that AWS keeps for EFS."""
        super().__init__(scope, id)
        self.is_bursting = options.efs_throughput == "bursting"
        self.file_system = self._make_file_system(network, options, encryption_key)
        self._admitted: list[iam.Role] = []
        self._writers: list[iam.Role] = []
        self.file_system.add_to_resource_policy(_deny_without_tls())
        self.access_point = self.file_system.add_access_point(
            "AccessPoint",
            path="/models",
            create_acl=efs.Acl(owner_uid=UID, owner_gid=GID, permissions="750"),
            posix_user=efs.PosixUser(uid=UID, gid=GID),
        )

    def _make_file_system(
        self, network: Network, options: Options, encryption_key: kms.IKey | None
    ) -> efs.FileSystem:
        return efs.FileSystem(
            self,
            "FileSystem",
            vpc=network.vpc,
            vpc_subnets=network.subnets,
            security_group=network.cache_security_group,
            encrypted=True,
            kms_key=encryption_key or find_key(self, options.kms_key_arn),
            throughput_mode=THROUGHPUT[options.efs_throughput],
            # A model that nobody loads costs a twelfth, and comes back at its first read.
            lifecycle_policy=INFREQUENT_AFTER[options.infrequent_after_days],
            out_of_infrequent_access_policy=efs.OutOfInfrequentAccessPolicy.AFTER_1_ACCESS,
            # Everything here can be downloaded again.
            removal_policy=RemovalPolicy.RETAIN if options.keep_cache else RemovalPolicy.DESTROY,
            # False would add a statement that lets everybody write. Anonymous clients are kept out by our
            # own policy, which allows the admitted roles only.
            allow_anonymous_access=True,
        )

    def admit(self, role: iam.Role, *, may_write: bool = True) -> iam.PolicyStatement:
        """Allow a role in the file system's policy; the returned statement is for the role's own policy.

        EFS lets a client without ``ClientWrite`` mount read-only, whatever the function tries.
        """
        actions = MOUNT_ACTIONS if may_write else READ_ACTIONS
        self._admitted.append(role)
        self._writers += [role] if may_write else []
        self.file_system.add_to_resource_policy(self._allow_admitted(role, actions))
        return iam.PolicyStatement(
            actions=actions,
            resources=[self.file_system.file_system_arn],
            conditions={
                "StringEquals": {"elasticfilesystem:AccessPointArn": self.access_point.access_point_arn}
            },
        )

    def deny_others(self) -> None:
        """Call it after the last ``admit``: what the account's own policies allow to others is denied here.

        An ``Allow`` of a role's own policy would be enough otherwise, without a word of this policy's. Root
        access is for nobody.
        """
        self.file_system.add_to_resource_policy(_deny_all_but(READ_ACTIONS, self._admitted))
        self.file_system.add_to_resource_policy(_deny_all_but([WRITE_ACTION], self._writers))
        self.file_system.add_to_resource_policy(_deny([ROOT_ACTION]))

    def _allow_admitted(self, role: iam.Role, actions: list[str]) -> iam.PolicyStatement:
        # The policy is part of the file system and the access point comes after it, so the policy cannot name
        # the access point. Any access point of this file system is the same thing: it has just the one.
        access_points = Stack.of(self).format_arn(
            service="elasticfilesystem", resource="access-point", resource_name="*"
        )
        return iam.PolicyStatement(
            actions=actions,
            principals=[iam.ArnPrincipal(role.role_arn)],
            conditions={
                "Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"},
                "ArnLike": {"elasticfilesystem:AccessPointArn": access_points},
            },
        )

    def as_mount(self) -> lambda_.FileSystem:
        """The cache as Lambda mounts it; a function that takes it waits for the mount targets."""
        return lambda_.FileSystem.from_efs_access_point(self.access_point, MOUNT_PATH)


def _deny_without_tls() -> iam.PolicyStatement:
    return _deny([*MOUNT_ACTIONS, ROOT_ACTION], {"Bool": {"aws:SecureTransport": "false"}})


def _deny_all_but(actions: list[str], roles: list[iam.Role]) -> iam.PolicyStatement:
    """A client without a name has no ``aws:PrincipalArn``, and is denied with the others."""
    return _deny(actions, {"ArnNotEquals": {"aws:PrincipalArn": [role.role_arn for role in roles]}})


def _deny(actions: list[str], conditions: dict[str, Any] | None = None) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        effect=iam.Effect.DENY, actions=actions, principals=[iam.AnyPrincipal()], conditions=conditions
    )
