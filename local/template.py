"""Reads the synthesized CloudFormation template: what the local cloud runs is what would be deployed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.tasks import get_task

if TYPE_CHECKING:
    from inference.task import Task

DEFAULT_TEMPLATE = Path("build/cdk.out/Hublet.template.json")


class TemplateError(ValueError):
    """The template is missing or is not one of ours; the message says what to do."""


@dataclass(frozen=True)
class LocalFunction:
    """One function as the template declares it."""

    name: str
    """The short name, as in its local URL: the task's function name."""
    full_name: str
    """The deployed name, as in ``FunctionName``."""
    task: Task
    memory_mb: int
    timeout_s: int
    environment: dict[str, str]
    mount_path: str
    reserved_concurrency: int | None
    handler: str = "inference.handler.handler"
    """What the image runs by default (CMD in docker/Dockerfile), unless the template says otherwise."""


def read_template(path: Path) -> list[LocalFunction]:
    """All task functions of a template, by name."""
    try:
        resources = json.loads(path.read_text())["Resources"]
    except FileNotFoundError:
        raise TemplateError(f"{path} is missing; `make synth` writes it") from None
    except (ValueError, KeyError, TypeError):
        raise TemplateError(f"{path} is not a synthesized template") from None
    functions = [
        _function(resource["Properties"])
        for resource in resources.values()
        if resource.get("Type") == "AWS::Lambda::Function" and _is_task(resource["Properties"])
    ]
    if not functions:
        raise TemplateError(f"{path} has no function with a TASK variable")
    return sorted(functions, key=lambda function: function.name)


def _is_task(properties: dict[str, Any]) -> bool:
    return "TASK" in properties.get("Environment", {}).get("Variables", {})


def _function(properties: dict[str, Any]) -> LocalFunction:
    environment = {
        name: value
        for name, value in properties["Environment"]["Variables"].items()
        if isinstance(value, str)
    }
    task = get_task(environment["TASK"]).with_model(environment.get("MODEL"), environment.get("REVISION"))
    mounts = properties.get("FileSystemConfigs", [])
    if not mounts:
        raise TemplateError(f"function {task.function_name} has no file system")
    return LocalFunction(
        name=task.function_name,
        full_name=str(properties.get("FunctionName", task.function_name)),
        task=task,
        memory_mb=int(properties.get("MemorySize", 128)),
        timeout_s=int(properties.get("Timeout", 3)),
        environment=environment,
        mount_path=mounts[0]["LocalMountPath"],
        reserved_concurrency=properties.get("ReservedConcurrentExecutions"),
        handler=properties.get("ImageConfig", {}).get("Command", [LocalFunction.handler])[0],
    )
