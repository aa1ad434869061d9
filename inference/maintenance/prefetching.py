"""``prefetch``: functions are asked to get their models ready, and not waited for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from inference.request import PREPARE

if TYPE_CHECKING:
    from inference.maintenance.settings import MaintenanceSettings

ALIAS = "live"
"""What the functions' URLs call, too."""
CONNECT_S = 5
NO_WAY = "Lambda cannot be reached from here; with egress=none no way leads to it"

Ask = Callable[[str, bytes], None]


def prefetch(settings: MaintenanceSettings, task: str | None, ask: Ask) -> dict[str, Any]:
    """One event to each function; one that cannot be asked keeps no other from its turn."""
    chosen = [each for each in settings.tasks if task in (None, each.name)]
    names = [f"{settings.function_prefix}{each.function_name}" for each in chosen]
    answer: dict[str, Any] = {"asked": [], "failed": []}
    for name in dict.fromkeys(names):
        try:
            ask(name, json.dumps(PREPARE).encode())
            answer["asked"].append(name)
        except Exception as error:
            answer["failed"].append({"function": name, "why": _reason(error)})
    return answer


def ask_lambda(name: str, payload: bytes) -> None:
    """Queue an event; Lambda runs it when it can."""
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=CONNECT_S, read_timeout=CONNECT_S, retries={"total_max_attempts": 2})
    client = boto3.client("lambda", config=config)
    client.invoke(FunctionName=name, Qualifier=ALIAS, InvocationType="Event", Payload=payload)


def _reason(error: Exception) -> str:
    response: dict[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code") or NO_WAY)
