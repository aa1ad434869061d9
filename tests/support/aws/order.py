"""CloudFormation's order, which moto has not: what others need is made first and goes last, old after new."""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

from moto.cloudformation.parsing import parse_and_update_resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moto.cloudformation.parsing import ResourceMap


def update(resources: ResourceMap, template: dict[str, Any], parameters: dict[str, Any] | None) -> None:
    """Take a stack from its template to another; the first begins with an empty one."""
    before = in_order(resources._resource_json_map)
    changes = resources.build_resource_diff(template, parameters)
    gone = {name: resources._resource_json_map[name] for name in changes["Remove"]}
    resources._template = template
    resources._resource_json_map = template["Resources"]
    resources.input_parameters = parameters or {}
    resources.load()
    for name in in_order(template["Resources"]):
        if name in changes["Modify"]:
            _modify(resources, name)
        elif name in changes["Add"]:
            _ = resources[name]  # made when it is asked for
    for name in reversed(before):
        if name in gone:
            _remove(resources, name, gone[name])


def delete(resources: ResourceMap) -> None:
    """What cannot go is an error at once, where moto would try again in another order."""
    for name in reversed(in_order(resources._resource_json_map)):
        _remove(resources, name, resources._resource_json_map[name])


def in_order(resources: dict[str, Any]) -> list[str]:
    """Names of resources, each after those that it names."""
    graph = {name: set(_names(each)) & resources.keys() - {name} for name, each in resources.items()}
    return list(TopologicalSorter(graph).static_order())


def _names(value: Any) -> Iterator[str]:
    """Every text that may name a resource: ``Ref``, ``Fn::GetAtt``, ``DependsOn`` and ``Fn::Sub``."""
    if isinstance(value, dict):
        for each in value.values():
            yield from _names(each)
    elif isinstance(value, list):
        for each in value:
            yield from _names(each)
    elif isinstance(value, str):
        yield value
        yield from re.findall(r"\$\{(\w+)", value)


def _modify(resources: ResourceMap, name: str) -> None:
    changed = parse_and_update_resource(
        name, resources._resource_json_map[name], resources, resources._account_id, resources._region_name
    )
    if changed is not None:
        resources._parsed_resources[name] = changed


def _remove(resources: ResourceMap, name: str, declared: dict[str, Any]) -> None:
    made = resources._parsed_resources.pop(name, None)
    if made is not None and declared.get("DeletionPolicy") != "Retain":
        resources._delete_resource(made, declared)
