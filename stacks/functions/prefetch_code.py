"""Runs in AWS during a deployment with ``prefetch``: versions get their models ready before they are called.

A new function is asked and not waited for: nobody calls it yet. Callers of a changed one stay with the
version before until the new one has its model; if it gets none, the deployment is undone.
"""

from __future__ import annotations

import json
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

EVENT = {"action": "prepare"}
LIMIT_S = 3480
"""Of all runs; after an hour CloudFormation gives up without our reason."""
MARGIN_S = 30
"""Before a run's end, when the next takes over."""
PAUSE_S = 10
AT_ONCE = 5
"""A new account runs ten, and callers want some."""
NOT_YET = "not ready within an hour; last "
LATER = (
    *("ModelNotReady", "HubUnreachable", "DeadlineExceeded"),
    *("TooManyRequestsException", "ResourceConflictException", "ServiceException"),
    "AccessDeniedException",  # a new permission is not known everywhere at once
)

ONE_BY_ONE = Lock()
"""Clients may be shared by threads, but not made by them at once."""


def handler(event: dict[str, Any], context: Any) -> None:
    """What CloudFormation calls, and waits for the answer of."""
    now_s = time.time()
    limit_s = event.setdefault("Began", now_s) + LIMIT_S
    ends_s = min(now_s + context.get_remaining_time_in_millis() / 1000 - MARGIN_S, limit_s)
    asked = event["ResourceProperties"]["Functions"] if event["RequestType"] != "Delete" else []
    try:
        with ThreadPoolExecutor(AT_ONCE) as threads:
            found = threads.map(lambda each: prepare(**each, ends_s=ends_s), asked)
            whys = [why for why in found if why]
        if whys and ends_s < limit_s and all(NOT_YET in why for why in whys):
            invoke(context.invoked_function_arn, event, InvocationType="Event")
            return
    except Exception as error:
        whys = [repr(error)]
    answer(event, "; ".join(whys))


def prepare(name: str, version: str, ends_s: float) -> str:
    """Nothing when the alias may move, else why not."""
    last = ""
    while (left_s := ends_s - time.time()) > 0:
        code, last = ask(name, version, left_s)
        if code is None:
            return ""
        if code not in LATER:
            return f"{name}: {last}"
        time.sleep(max(0, min(PAUSE_S, ends_s - time.time())))
    return f"{name}: {NOT_YET}{last}"


def ask(name: str, version: str, timeout_s: float) -> tuple[str | None, str]:
    """An error's code and text; no code where there is nothing to wait for."""
    try:
        live = served(name)
        if live is None:
            ask_new(name)
        if live in (None, version):  # one that is served is not tried again: a rollback must not fail
            return None, ""
        reply = invoke(name, EVENT, timeout_s, Qualifier=version)
    except ClientError as error:
        return error.response["Error"]["Code"], str(error)
    except BotoCoreError as error:
        return LATER[0], str(error)
    if "FunctionError" not in reply:
        return None, ""
    told = json.load(reply["Payload"])
    return told.get("errorType", ""), f"{told.get('errorType')}: {told.get('errorMessage')}"


def ask_new(name: str) -> None:
    """By its bare name, for which the stack has said that a failed event is not tried again."""
    try:
        invoke(name, EVENT, InvocationType="Event")
    except Exception as error:
        print(f"{name} was not asked: {error}")


def served(name: str) -> str | None:
    """The version that callers get."""
    client = make_client(Config())
    try:
        return str(client.get_alias(FunctionName=name, Name="live")["FunctionVersion"])
    except client.exceptions.ResourceNotFoundException:
        return None


def invoke(name: str, event: Any, timeout_s: float = 60, **how: str) -> Any:
    config = Config(read_timeout=timeout_s, retries={"total_max_attempts": 1}, tcp_keepalive=True)
    return make_client(config).invoke(FunctionName=name, Payload=json.dumps(event).encode(), **how)


def make_client(config: Config) -> Any:
    with ONE_BY_ONE:
        return boto3.client("lambda", config=config)


def answer(event: dict[str, Any], why: str) -> None:
    """Tell CloudFormation to go on, or why not."""
    reply = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    reply |= {
        "Status": "FAILED" if why else "SUCCESS",
        "PhysicalResourceId": "prefetch",
        "Reason": why[:2000],
    }
    request = urllib.request.Request(
        event["ResponseURL"], json.dumps(reply).encode(), {"content-type": ""}, method="PUT"
    )
    urllib.request.urlopen(request, timeout=30).close()
