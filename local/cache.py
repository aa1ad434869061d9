"""``make cache``: what is on the model cache, and what an operator does to it; on this machine or in AWS."""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.errors import HubletError
from inference.maintenance.service import Maintenance
from inference.maintenance.settings import MaintenanceSettings
from inference.tasks import all_tasks
from local.cache_table import show
from local.demo_models import demo_model
from local.invoke import OUTPUTS, InvokeFailed, ask, deployed, local_client
from local.template import DEFAULT_TEMPLATE, TemplateError, read_template

if TYPE_CHECKING:
    from collections.abc import Sequence

LOCAL_CACHE = Path("build/cache")
LONGEST_S = 900
PREFIX = "hublet-"


@dataclass
class Here:
    """What stands in for Lambda's context: an event of its own, and as much time as the function has."""

    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    ends_s: float = field(default_factory=lambda: time.monotonic() + LONGEST_S)

    def get_remaining_time_in_millis(self) -> int:
        return int((self.ends_s - time.monotonic()) * 1000)


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask, print a table or JSON; 1 if it was refused or failed."""
    chosen = _parser().parse_args(arguments)
    try:
        event = _event(chosen)
        answer = _in_aws(event, chosen.outputs) if chosen.deployed else _here(event, chosen)
    except (HubletError, InvokeFailed, TemplateError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(answer, indent=1) if chosen.json else show(chosen.action, answer))
    return 0


def _event(chosen: argparse.Namespace) -> dict[str, Any]:
    try:
        more = json.loads(chosen.args or "{}")
    except ValueError:
        more = None
    if not isinstance(more, dict):
        raise InvokeFailed('ARGS must be a JSON object like {"dry_run": true}')
    return {"action": chosen.action, **({"model": chosen.model} if chosen.model else {}), **more}


def _here(event: dict[str, Any], chosen: argparse.Namespace) -> dict[str, Any]:
    """The function itself, in this process, on a folder."""
    if not chosen.cache.is_dir():
        raise InvokeFailed(
            f"{chosen.cache} is not there; make serve fills it, or name another with CACHE=..."
        )
    settings = _settings(chosen)
    maintenance = Maintenance(settings, lambda name, payload: _ask(name, payload, chosen.port))
    maintenance.logger.setLevel(logging.CRITICAL)  # its log is for CloudWatch
    return maintenance(event, Here())


def _settings(chosen: argparse.Namespace) -> MaintenanceSettings:
    """The functions of the template, where there is one; here, demo models may stand in for theirs."""
    tasks, prefix = all_tasks(), PREFIX
    if chosen.template.exists():
        functions = read_template(chosen.template)
        tasks = [function.task for function in functions]
        prefix = functions[0].full_name.removesuffix(functions[0].name)
    demos = [task.with_model(demo, None) for task in tasks if (demo := demo_model(task))]
    return MaintenanceSettings(chosen.cache.absolute(), (*tasks, *demos), prefix)


def _ask(name: str, payload: bytes, port: int) -> None:
    ask(local_client(port), FunctionName=name, InvocationType="Event", Payload=payload)


def _in_aws(event: dict[str, Any], outputs: Path) -> dict[str, Any]:
    client, name = deployed("cache", outputs)
    reply = ask(client, FunctionName=name, Payload=json.dumps(event).encode())
    answer: dict[str, Any] = json.load(reply["Payload"])
    if "FunctionError" in reply:
        raise InvokeFailed(f"{answer.get('errorType')}: {answer.get('errorMessage')}")
    return answer


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.cache", description=__doc__)
    parser.add_argument("action", help="list, verify, remove, prune or prefetch")
    parser.add_argument("--model", help="this model alone")
    parser.add_argument("--args", help="more of the event, as a JSON object")
    parser.add_argument("--json", action="store_true", help="the answer as it came")
    parser.add_argument("--deployed", action="store_true", help="the cache of the deployed stack")
    parser.add_argument("--outputs", type=Path, default=OUTPUTS, help="what `make deploy` wrote")
    parser.add_argument("--cache", type=Path, default=LOCAL_CACHE, help="a cache folder on this machine")
    parser.add_argument("--port", type=int, default=8080, help="of `make serve`, for prefetch")
    parser.add_argument("--template", type=Path, default=DEFAULT_TEMPLATE)
    return parser


if __name__ == "__main__":
    sys.exit(main())
