"""``make cache``: list and change the model cache, on this machine or in AWS."""

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
from local.cloud.template import DEFAULT_TEMPLATE, TemplateError, read_template
from local.commands.cache_table import show
from local.commands.invoke import OUTPUTS, InvokeFailed, ask, deployed, local_client
from local.demo.catalog import current, demo_model

if TYPE_CHECKING:
    from collections.abc import Sequence

LOCAL_CACHE = Path("build/cache")
LONGEST_S = 900
PREFIX = "hublet-"


@dataclass
class LocalContext:
    """A Lambda context for a local call: a new request id, and the function's timeout."""

    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    ends_s: float = field(default_factory=lambda: time.monotonic() + LONGEST_S)

    def get_remaining_time_in_millis(self) -> int:
        return int((self.ends_s - time.monotonic()) * 1000)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the action and print a table or JSON; returns 1 on errors."""
    arguments = _parser().parse_args(argv)
    try:
        event = _event(arguments)
        answer = (
            _run_in_aws(event, arguments.outputs) if arguments.deployed else _run_locally(event, arguments)
        )
    except (HubletError, InvokeFailed, TemplateError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(answer, indent=1) if arguments.json else show(arguments.action, answer))
    return 0


def _event(arguments: argparse.Namespace) -> dict[str, Any]:
    try:
        extra = json.loads(arguments.args or "{}")
    except ValueError:
        extra = None
    if not isinstance(extra, dict):
        raise InvokeFailed('ARGS must be a JSON object like {"dry_run": true}')
    return {"action": arguments.action, **({"model": arguments.model} if arguments.model else {}), **extra}


def _run_locally(event: dict[str, Any], arguments: argparse.Namespace) -> dict[str, Any]:
    """Run the ``cache`` function in this process, on a local folder."""
    if not arguments.cache.is_dir():
        raise InvokeFailed(f"{arguments.cache} is not there; serving fills it, or name another cache folder")
    settings = _settings(arguments)
    maintenance = Maintenance(settings, lambda name, payload: _invoke_locally(name, payload, arguments.port))
    maintenance.logger.setLevel(logging.CRITICAL)  # its log is for CloudWatch
    return maintenance(event, LocalContext())


def _settings(arguments: argparse.Namespace) -> MaintenanceSettings:
    """The functions of the template, if there is one; demo models may replace their models."""
    tasks, prefix = all_tasks(), PREFIX
    if arguments.template.exists():
        functions = read_template(arguments.template)
        tasks = [function.task for function in functions]
        prefix = functions[0].full_name.removesuffix(functions[0].name)
    names = [(task, name) for task in tasks if (name := demo_model(task))]
    made = [(task, name, current(name)) for task, name in names]
    demos = [task.with_model(name, demo.commit if demo else None) for task, name, demo in made]
    return MaintenanceSettings(arguments.cache.absolute(), (*tasks, *demos), prefix)


def _invoke_locally(name: str, payload: bytes, port: int) -> None:
    ask(local_client(port), FunctionName=name, InvocationType="Event", Payload=payload)


def _run_in_aws(event: dict[str, Any], outputs: Path) -> dict[str, Any]:
    client, name = deployed("cache", outputs)
    reply = ask(client, FunctionName=name, Payload=json.dumps(event).encode())
    answer: dict[str, Any] = json.load(reply["Payload"])
    if "FunctionError" in reply:
        raise InvokeFailed(f"{answer.get('errorType')}: {answer.get('errorMessage')}")
    return answer


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.commands.cache", description=__doc__)
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
