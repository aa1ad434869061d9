"""Runs in AWS at the end of a deployment with ``prefetch``: asks each function to get its model ready.

Asks and does not wait. A function that cannot be asked is a line in the log: users would then meet the first
download, which is no reason to undo a deployment.
"""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import boto3

EVENT = {"action": "prepare"}


def handler(event: dict[str, Any], context: Any) -> None:
    """What CloudFormation calls, and waits for the answer of."""
    names = event["ResourceProperties"]["Functions"] if event["RequestType"] != "Delete" else []
    for name in names:
        try:
            ask(name)
        except Exception as error:
            print(f"{name} was not asked: {error}")
    answer(event)


def ask(name: str) -> None:
    """Queue the event; Lambda runs it when it can."""
    client = boto3.client("lambda")
    client.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(EVENT).encode())


def answer(event: dict[str, Any]) -> None:
    """Tell CloudFormation to go on."""
    reply = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    reply |= {"Status": "SUCCESS", "PhysicalResourceId": "prefetch"}
    request = urllib.request.Request(
        event["ResponseURL"], json.dumps(reply).encode(), {"content-type": ""}, method="PUT"
    )
    urllib.request.urlopen(request, timeout=30).close()
