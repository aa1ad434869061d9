"""Questions about a synthesized template that its bill asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.cost import MB_PER_GB

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Deployed:
    """A template, and what is asked of it."""

    template: dict[str, Any]

    def all(self, kind: str) -> list[dict[str, Any]]:
        """Properties of each resource of a type."""
        resources = self.template["Resources"].values()
        return [each.get("Properties", {}) for each in resources if each["Type"] == kind]

    def count(self, kind: str) -> int:
        return len(self.all(kind))

    def function(self, task: str) -> dict[str, Any]:
        """The function of a task; KeyError where the stack has none."""
        for function in self.all("AWS::Lambda::Function"):
            if function.get("Environment", {}).get("Variables", {}).get("TASK") == task:
                return function
        raise KeyError(task)

    def has(self, task: str) -> bool:
        """Whether the stack has a function for a task."""
        try:
            return bool(self.function(task))
        except KeyError:
            return False

    def kept_ready(self) -> Iterator[tuple[dict[str, Any], int]]:
        """Functions with the number of environments that are paid for whether or not anybody calls."""
        for alias in self.all("AWS::Lambda::Alias"):
            settings = alias.get("ProvisionedConcurrencyConfig")
            if settings:
                function = self.template["Resources"][alias["FunctionName"]["Ref"]]["Properties"]
                yield function, settings["ProvisionedConcurrentExecutions"]


def memory_gb(function: dict[str, Any]) -> float:
    """What Lambda bills a second of."""
    return float(function["MemorySize"]) / MB_PER_GB


def architecture(function: dict[str, Any]) -> str:
    """As the prices name it."""
    return str(function.get("Architectures", ["x86_64"])[0])
