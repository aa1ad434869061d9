"""``prefetch``: ask functions to prepare their models, without waiting for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from inference.http.request import PREPARE
from inference.relay.bucket import RelayUnreachable
from inference.relay.records import ModelRequest, name_of, request_key
from inference.settings import threads_of

if TYPE_CHECKING:
    from inference.maintenance.settings import MaintenanceSettings
    from inference.relay.bucket import Bucket
    from inference.task import Task

ALIAS = "live"
"""The alias that the functions' URLs call."""
CONNECT_S = 5
NO_WAY = "Lambda cannot be reached from here; with egress=none no way leads to it"

InvokeFunction = Callable[[str, bytes], None]


def prefetch(settings: MaintenanceSettings, task: str | None, ask: InvokeFunction) -> dict[str, Any]:
    """Send one event to each function; if one fails, the others are still asked."""
    payload = json.dumps(PREPARE).encode()
    return _ask_each(settings, task, lambda name, _: ask(name, payload), Exception)


def request_models(settings: MaintenanceSettings, task: str | None, bucket: Bucket) -> dict[str, Any]:
    """Ask the factory for the functions' models; what is on the cache already is delivered once more."""

    def ask(_: str, each: Task) -> None:
        name, request = request_of(each, settings.precision)
        bucket.write(request_key(name), request.to_bytes())

    return _ask_each(settings, task, ask, RelayUnreachable)


def request_of(task: Task, precision: str) -> tuple[str, ModelRequest]:
    """What the function of a task asks the factory for, and its name in the bucket."""
    threads = threads_of(task.memory_mb)
    request = ModelRequest.of(task.model, task=task.name, precision=precision, threads=threads)
    return name_of(task.model, task.pipeline_tag, precision), request


def _ask_each(
    settings: MaintenanceSettings,
    task: str | None,
    ask: Callable[[str, Task], None],
    refusal: type[Exception],
) -> dict[str, Any]:
    """Each function once, by its name; ``refusal`` of one is told, and the next is asked."""
    answer: dict[str, Any] = {"asked": [], "failed": []}
    chosen = [each for each in settings.tasks if task in (None, each.name)]
    for name, each in {f"{settings.function_prefix}{each.function_name}": each for each in chosen}.items():
        try:
            ask(name, each)
            answer["asked"].append(name)
        except refusal as error:
            answer["failed"].append({"function": name, "why": _reason(error)})
    return answer


def ask_lambda(name: str, payload: bytes) -> None:
    """Send an asynchronous event; Lambda runs it later."""
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=CONNECT_S, read_timeout=CONNECT_S, retries={"total_max_attempts": 2})
    client = boto3.client("lambda", config=config)
    client.invoke(FunctionName=name, Qualifier=ALIAS, InvocationType="Event", Payload=payload)


def _reason(error: Exception) -> str:
    if isinstance(error, RelayUnreachable):
        return error.message
    response: dict[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code") or NO_WAY)
