"""``make invoke``: invoke a function on this machine or in AWS, and print its result as JSON."""

from __future__ import annotations

import argparse
import json
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.tasks import UnknownTask, get_task
from local.commands.events import EVENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inference.task import Task

OUTPUTS = Path("build/outputs.json")
LONGEST_S = 910
"""Lambda's longest timeout, and 10 seconds more."""


class InvokeFailed(Exception):
    """The invoke failed; the message says what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Invoke the function and print the result; returns 1 on errors."""
    parser = argparse.ArgumentParser(prog="python -m local.commands.invoke", description=__doc__)
    parser.add_argument("task", help="a task's name, like sentiment or image-classification")
    parser.add_argument("--event", type=Path, help="a JSON file; the task's own example by default")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--port", type=int, default=8080, help="of `make serve` on this machine")
    where.add_argument("--deployed", action="store_true", help="call the deployed function instead")
    parser.add_argument("--outputs", type=Path, default=OUTPUTS, help="what `make deploy` wrote")
    chosen = parser.parse_args(arguments)
    try:
        task = get_task(chosen.task.replace("-", "_"))
        event = _event(task, chosen.event)
        client, name = _called(task, chosen)
        reply = ask(client, FunctionName=name, Payload=json.dumps(event).encode())
    except (InvokeFailed, UnknownTask, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(json.load(reply["Payload"]), indent=1, ensure_ascii=False))
    if not chosen.deployed and (about := _note(task.function_name, chosen.port)):
        print(about, file=sys.stderr)
    return 1 if "FunctionError" in reply else 0


def _event(task: Task, file: Path | None) -> Any:
    """The named file, else the task's own in ``events/``, else its first example."""
    own = EVENTS / f"{task.function_name}.json"
    if file or own.is_file():
        return json.loads((file or own).read_text())
    return dict(task.examples[0].body)


def _called(task: Task, chosen: argparse.Namespace) -> tuple[Any, str]:
    if chosen.deployed:
        return deployed(task.name, chosen.outputs)
    return local_client(chosen.port), f"hublet-{task.function_name}"


def ask(client: Any, **event: Any) -> Any:
    """Lambda's reply; :class:`InvokeFailed` without credentials, function or network."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return client.invoke(**event)
    except (BotoCoreError, ClientError) as error:
        raise InvokeFailed(str(error)) from error


def local_client(port: int) -> Any:
    """A client for the local cloud, which accepts any credentials."""
    import boto3
    from botocore.config import Config

    config = Config(read_timeout=LONGEST_S, retries={"total_max_attempts": 1})
    return boto3.client(
        "lambda",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=config,
    )


def _note(function_name: str, port: int) -> str:
    """The note on the function's model, such as that its weights are untrained."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as reply:
        index = json.load(reply)
    return next((str(each["note"]) for each in index if each["name"] == function_name), "")


def deployed(name: str, outputs: Path) -> tuple[Any, str]:
    """A client with the user's credentials, and the function's name from the outputs file."""
    if not outputs.exists():
        raise InvokeFailed(f"{outputs} is not there: deploy first, or name another outputs file")
    stacks: Mapping[str, Mapping[str, str]] = json.loads(outputs.read_text())
    key = "".join(word.capitalize() for word in name.split("_")) + "Name"
    names = [stack[key] for stack in stacks.values() if key in stack]
    if not names:
        raise InvokeFailed(f"{outputs} knows no function for {name}")
    import boto3  # takes a second, which a missing file need not
    from botocore.config import Config

    config = Config(read_timeout=LONGEST_S, retries={"total_max_attempts": 1})
    return boto3.client("lambda", config=config), names[0]


if __name__ == "__main__":
    sys.exit(main())
