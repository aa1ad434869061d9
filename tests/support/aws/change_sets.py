"""Change sets as CloudFormation has them: with outputs, found by name or id, and gone once deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.cloudformation.exceptions import CloudFormationError
from moto.cloudformation.parsing import OutputMap

if TYPE_CHECKING:
    from moto.cloudformation.models import ChangeSet, CloudFormationBackend


def apply_with_outputs(change_set: ChangeSet) -> None:
    stack = change_set.stack
    stack.resource_map.update(change_set.template_dict, change_set.parameters)
    stack.output_map = OutputMap(stack.resource_map, change_set.template_dict, stack.stack_id)


class ChangeSetNotFound(CloudFormationError):
    """The code that the CLI waits for after it deleted an old change set."""

    code = "ChangeSetNotFound"
    message = "no such change set"


def delete(cloud_formation: CloudFormationBackend, change_set_name: str) -> None:
    for id in _named(cloud_formation, change_set_name):
        del cloud_formation.change_sets[id]


def deleting_with_stack(delete_stack: Any) -> Any:
    """A stack's change sets go with it; moto keeps them, and the next stack's is found by the same name."""

    def delete_both(cloud_formation: CloudFormationBackend, name_or_stack_id: str) -> None:
        delete_stack(cloud_formation, name_or_stack_id)
        for id, found in list(cloud_formation.change_sets.items()):
            if found.stack_id not in cloud_formation.stacks:
                del cloud_formation.change_sets[id]

    return delete_both


def describe(cloud_formation: CloudFormationBackend, change_set_name: str) -> ChangeSet:
    for id in _named(cloud_formation, change_set_name):
        return cloud_formation.change_sets[id]
    raise ChangeSetNotFound


def _named(cloud_formation: CloudFormationBackend, name: str) -> list[str]:
    return [id for id, found in cloud_formation.change_sets.items() if name in (id, found.change_set_name)]
