"""The resources of a synthesized template, for its bill."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.cost.prices import MB_PER_GB
from inference.tasks import get_task

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class StackTemplate:
    """A synthesized CloudFormation template."""

    template: dict[str, Any]

    def all(self, kind: str) -> list[dict[str, Any]]:
        """The properties of every resource of a type."""
        resources = self.template["Resources"].values()
        return [each.get("Properties", {}) for each in resources if each["Type"] == kind]

    def count(self, kind: str) -> int:
        return len(self.all(kind))

    def function(self, task: str) -> dict[str, Any]:
        """The function of a task; ``KeyError`` if the stack has none."""
        for function in self.all("AWS::Lambda::Function"):
            if _variables(function).get("TASK") == task:
                return function
        raise KeyError(task)

    def has(self, task: str) -> bool:
        """Whether the stack has a function for the task."""
        try:
            return bool(self.function(task))
        except KeyError:
            return False

    @property
    def is_relayed(self) -> bool:
        """Whether models come through a bucket."""
        return self.count("AWS::S3::Bucket") > 0

    def factory(self) -> dict[str, Any]:
        """The function that makes models: of those with a bucket, the one without a file system."""
        (found,) = (
            function
            for function in self.all("AWS::Lambda::Function")
            if "BUCKET" in _variables(function) and "FileSystemConfigs" not in function
        )
        return found

    def models(self) -> set[str]:
        """Those that the functions serve by default; tasks that share one are one."""
        tasks = [_variables(each) for each in self.all("AWS::Lambda::Function")]
        return {each.get("MODEL") or get_task(each["TASK"]).model.id for each in tasks if "TASK" in each}

    def artifact_days(self) -> int:
        """How long the bucket keeps a model."""
        (bucket,) = self.all("AWS::S3::Bucket")
        rules = bucket["LifecycleConfiguration"]["Rules"]
        (days,) = (rule["ExpirationInDays"] for rule in rules if rule.get("Prefix") == "artifacts/")
        return int(days)

    def infrequent_days(self) -> int:
        """Days without a read after which EFS moves a file to its class for infrequent access."""
        (system,) = self.all("AWS::EFS::FileSystem")
        (after,) = (
            each["TransitionToIA"] for each in system["LifecyclePolicies"] if "TransitionToIA" in each
        )
        return int(re.sub(r"AFTER_(\d+)_DAYS?", r"\1", after))

    def provisioned(self) -> Iterator[tuple[dict[str, Any], int]]:
        """Functions with provisioned concurrency, and the number of their environments."""
        for alias in self.all("AWS::Lambda::Alias"):
            settings = alias.get("ProvisionedConcurrencyConfig")
            if settings:
                function = self.template["Resources"][alias["FunctionName"]["Ref"]]["Properties"]
                yield function, settings["ProvisionedConcurrentExecutions"]


def _variables(function: dict[str, Any]) -> dict[str, Any]:
    return dict(function.get("Environment", {}).get("Variables", {}))


def memory_gb(function: dict[str, Any]) -> float:
    """The function's memory, which Lambda bills by the second."""
    return float(function["MemorySize"]) / MB_PER_GB


def architecture(function: dict[str, Any]) -> str:
    """The function's architecture, as the prices name it."""
    return str(function.get("Architectures", ["x86_64"])[0])
