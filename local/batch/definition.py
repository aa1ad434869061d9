"""The state machine of the synthesized template, as far as this machine can run it: no more, and no less."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.cloud.template import TemplateError, read_resources

if TYPE_CHECKING:
    from pathlib import Path

MACHINE = "AWS::StepFunctions::StateMachine"
KNOWN = {
    "Choice": {"Type", "Choices", "Default"},
    "Pass": {"Type", "Result", "ResultPath", "Next"},
    "Task": {"Type", "Resource", "Parameters", "ResultPath", "OutputPath", "Retry", "Next", "End"},
    "Map": {
        *("Type", "Label", "ItemReader", "ItemSelector", "ItemBatcher", "ItemProcessor", "ResultWriter"),
        *("MaxConcurrency", "ToleratedFailurePercentage", "Next", "End"),
    },
}
"""Type of a state -> the fields that are interpreted; any other one stops the start."""


@dataclass(frozen=True)
class Definition:
    """A machine with one Distributed Map over JSON lines."""

    document: dict[str, Any]

    @property
    def states(self) -> dict[str, Any]:
        return dict(self.document["States"])

    @property
    def map(self) -> dict[str, Any]:
        """The Distributed Map."""
        return next(state for state in self.states.values() if state["Type"] == "Map")

    @property
    def items_a_batch(self) -> int:
        """What is taken where an execution's input names no other number."""
        return next(int(state["Result"]) for state in self.states.values() if state["Type"] == "Pass")

    @property
    def concurrency(self) -> int:
        return int(self.map["MaxConcurrency"])

    @property
    def batch_bytes(self) -> int:
        """The most that the lines of a batch may have."""
        return int(self.map["ItemBatcher"]["MaxInputBytesPerBatch"])


def read_definition(template: Path) -> Definition:
    """The template's machine; :class:`TemplateError` where there is none, or one that cannot be run here."""
    resources = read_resources(template).values()
    found = [each["Properties"]["DefinitionString"] for each in resources if each["Type"] == MACHINE]
    if len(found) != 1:
        raise TemplateError(f"{template} has no state machine; synthesize it with -c batch=true")
    definition = Definition(json.loads(_text(found[0])))
    for name, state in [*definition.states.items(), *definition.map["ItemProcessor"]["States"].items()]:
        unknown = state.keys() - KNOWN.get(state["Type"], set())
        if unknown:
            raise TemplateError(f"state {name}: {', '.join(sorted(unknown))} cannot be run on this machine")
    return definition


def _text(value: Any) -> str:
    """A string of the template; references have no value here, and are shown as their names."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator).join(map(_text, parts))
    return str(value.get("Ref", "reference"))
