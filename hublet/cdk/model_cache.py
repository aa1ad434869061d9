"""A model cache in a stack of yours, with all that fills it and looks after it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Unpack

from aws_cdk import Stack
from constructs import Construct

from hublet.cdk.options import CacheOptions, read_options
from stacks.functions.cache_function import CacheFunction, allow_calling
from stacks.functions.factory import Factory
from stacks.model_cache import ModelCache as FileSystem
from stacks.network import Network
from stacks.relay import Relay
from stacks.relay_bucket import RelayBucket

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_lambda as lambda_

    from inference.task import Task
    from stacks.functions.task_function import TaskFunction
    from stacks.options.stack import Options
    from stacks.options.task import TaskOptions


class ModelCache(Construct):
    """The encrypted file system that functions share, and a function ``<name>-cache`` that looks after it.

    Without ``vpc`` it has a network of its own, with no way to the internet, and a factory that brings models
    through a bucket. In a ``vpc`` of yours, each function downloads and prepares models itself, and goes out
    as its subnets do. ``subnets`` are the private ones by default.

    ``name`` begins the names of all functions; the stack's name by default. ``encryption_key`` encrypts the
    file system and the bucket. Its policy must leave it to the account's IAM policies who uses it, as that of
    a new ``kms.Key`` does. ``stacks.options.context.OptionError`` names an option that is wrong.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str | None = None,
        vpc: ec2.IVpc | None = None,
        subnets: ec2.SubnetSelection | None = None,
        encryption_key: kms.IKey | None = None,
        **options: Unpack[CacheOptions],
    ) -> None:
        super().__init__(scope, id)
        if subnets and not vpc:
            raise ValueError("subnets need vpc, the VPC that they are in")
        chosen = name or Stack.of(self).stack_name
        self.options = _with_own_overrides(read_options(chosen, options, has_vpc=vpc is not None))
        self._tasks: list[Task] = []
        is_relayed = self.options.egress == "relay"
        self.bucket = (
            RelayBucket(self, "Bucket", options=self.options, encryption_key=encryption_key)
            if is_relayed
            else None
        )
        self.network = Network(
            self, "Network", options=self.options, bucket=self.bucket, vpc=vpc, subnets=subnets
        )
        self.file_system = FileSystem(
            self, "FileSystem", network=self.network, options=self.options, encryption_key=encryption_key
        )
        self._maintenance = self._make_maintenance()
        self._relay = self._make_relay(self.bucket) if self.bucket else None

    @property
    def maintenance(self) -> lambda_.IFunction:
        """The function that lists, verifies, removes, prunes and prefetches models."""
        return self._maintenance.function

    def _make_maintenance(self) -> CacheFunction:
        return CacheFunction(
            self,
            "Maintenance",
            options=self.options,
            network=self.network,
            cache=self.file_system,
            tasks=self._tasks,
            aliases=[],
            bucket=self.bucket,
        )

    def _make_relay(self, bucket: RelayBucket) -> Relay:
        return Relay(
            self,
            "Relay",
            bucket=bucket,
            factory=Factory(self, "Factory", options=self.options, bucket=bucket, tasks=self._tasks),
            shelf=self._maintenance.function,
            writers=[self._maintenance],
        )

    def add_function(self, task: Task, function: TaskFunction, overrides: TaskOptions) -> None:
        """Tell those that look after the cache of a function; :class:`TaskFunction` calls it."""
        self._tasks.append(task)
        own = self.options.overrides
        assert isinstance(own, dict)
        own[task.name] = overrides
        if self._relay:
            self._relay.add_writer(function)
        else:
            self._maintenance.role.policy.add_statements(allow_calling([function.alias]))

    def check_is_new(self, task: str) -> None:
        """Two functions for one task would have one name; :class:`ValueError` for the second."""
        if task in [each.name for each in self._tasks]:
            raise ValueError(f"task: the cache {self.node.path} has a function for {task!r} already")


def _with_own_overrides(options: Options) -> Options:
    """A mapping that functions add themselves to."""
    return replace(options, vpc_id=None, subnet_ids=(), overrides=dict(options.overrides))
