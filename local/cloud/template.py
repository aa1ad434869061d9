"""Read the synthesized CloudFormation template, so that the local cloud runs what would be deployed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.tasks import get_task
from local.cloud.cors import Cors

if TYPE_CHECKING:
    from inference.task import Task

BUCKET = "BUCKET"
"""The variable that names the bucket of a function with a relay."""
STREAM_MODE = "RESPONSE_STREAM"
DEFAULT_TEMPLATE = Path("build/cdk.out/Hublet.template.json")


class TemplateError(ValueError):
    """The template is missing or not one of ours; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class DeployedFunction:
    """What an execution environment needs to know of a function."""

    name: str
    """The function's name without the stack's, as in the local URL."""
    full_name: str
    """The deployed name, from ``FunctionName``."""
    memory_mb: int
    timeout_s: int
    environment: dict[str, str]
    reserved_concurrency: int | None = None
    handler: str = "inference.handler.handler"
    """The image's default (CMD in docker/Dockerfile), unless the template has another one."""


@dataclass(frozen=True, kw_only=True)
class LocalFunction(DeployedFunction):
    """One function of the template that serves a task."""

    task: Task
    mount_path: str
    streams: bool = False
    """Whether its URL hands an answer on as it comes: the URL's ``InvokeMode``."""
    cors: Cors = Cors()
    """Of its URL."""
    is_relayed: bool = False
    """Whether its models come through a bucket, so that it is given no way to a Hub."""


def read_resources(path: Path) -> dict[str, Any]:
    """The resources of a template by their logical ids."""
    try:
        resources: dict[str, Any] = json.loads(path.read_text())["Resources"]
    except FileNotFoundError:
        raise TemplateError(f"{path} is missing; `make synth` writes it") from None
    except (ValueError, KeyError, TypeError):
        raise TemplateError(f"{path} is not a synthesized template") from None
    return resources


def read_template(path: Path) -> list[LocalFunction]:
    """All task functions of a template, sorted by name."""
    resources = read_resources(path)
    urls = _urls(resources)
    functions = [
        _task_function(resource["Properties"], urls.get(name, {}))
        for name, resource in resources.items()
        if resource.get("Type") == "AWS::Lambda::Function" and _is_task(resource["Properties"])
    ]
    if not functions:
        raise TemplateError(f"{path} has no function with a TASK variable")
    return sorted(functions, key=lambda function: function.name)


def read_function(properties: dict[str, Any]) -> DeployedFunction:
    """A function that serves no task: the factory, or the one that looks after the cache."""
    full_name = str(properties["FunctionName"])
    return DeployedFunction(name=full_name.rpartition("-")[2], full_name=full_name, **_common(properties))


def _is_task(properties: dict[str, Any]) -> bool:
    return "TASK" in properties.get("Environment", {}).get("Variables", {})


def _urls(resources: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Logical ids of functions -> the properties of their URLs."""
    urls = [each["Properties"] for each in resources.values() if each.get("Type") == "AWS::Lambda::Url"]
    return {url["TargetFunctionArn"]["Fn::GetAtt"][0]: url for url in urls}


def _task_function(properties: dict[str, Any], url: dict[str, Any]) -> LocalFunction:
    common = _common(properties)
    environment = common["environment"]
    allows_pickle = environment.get("PICKLE_WEIGHTS") == "true"
    task = get_task(environment["TASK"])
    task = task.with_model(environment.get("MODEL"), environment.get("REVISION"), allows_pickle)
    mounts = properties.get("FileSystemConfigs", [])
    if not mounts:
        raise TemplateError(f"function {task.function_name} has no file system")
    return LocalFunction(
        name=task.function_name,
        full_name=str(properties.get("FunctionName", task.function_name)),
        task=task,
        mount_path=mounts[0]["LocalMountPath"],
        streams=url.get("InvokeMode") == STREAM_MODE,
        cors=Cors.of_url(url),
        is_relayed=BUCKET in properties["Environment"]["Variables"],
        **common,
    )


def _common(properties: dict[str, Any]) -> dict[str, Any]:
    """What all functions have. Variables that refer to other resources have no value on this machine."""
    variables = properties.get("Environment", {}).get("Variables", {})
    return {
        "memory_mb": int(properties.get("MemorySize", 128)),
        "timeout_s": int(properties.get("Timeout", 3)),
        "environment": {name: value for name, value in variables.items() if isinstance(value, str)},
        "reserved_concurrency": properties.get("ReservedConcurrentExecutions"),
        "handler": properties.get("ImageConfig", {}).get("Command", [DeployedFunction.handler])[0],
    }
