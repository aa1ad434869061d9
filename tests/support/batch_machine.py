"""A machine like the template's with smaller numbers, and a function that echoes lines."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from local.batch.definition import Definition
from local.cloud.pool import Throttled
from local.cloud.runtime_api import Result

if TYPE_CHECKING:
    from collections.abc import Callable

THROTTLED, ENDED = "Lambda.TooManyRequestsException", "Runtime.ExitError"


def task(payload: dict[str, Any], **more: Any) -> dict[str, Any]:
    retries = [
        {"ErrorEquals": [error], "IntervalSeconds": 0, "BackoffRate": 2, "MaxAttempts": 2}
        for error in (THROTTLED, ENDED)
    ]
    name = {"FunctionName.$": "States.Format('{}:live', $.function)"}
    return {"Type": "Task", "Resource": "invoke", "Parameters": {**name, **payload}, "Retry": retries, **more}


def definition(concurrency: int = 2, most_bytes: int = 10_000) -> Definition:
    run = task({"Payload.$": "$"}, OutputPath="$.Payload", End=True)
    run["Parameters"]["FunctionName.$"] = "States.Format('{}:live', $.BatchInput.function)"
    lines = {
        "Type": "Map",
        "ItemReader": {"Parameters": {"Key.$": "$.key"}},
        "ItemSelector": {"index.$": "$$.Map.Item.Index", "line.$": "$$.Map.Item.Value"},
        "ItemBatcher": {
            "MaxItemsPerBatchPath": "$.items",
            "MaxInputBytesPerBatch": most_bytes,
            "BatchInput": {"function.$": "$.function"},
        },
        "ItemProcessor": {"StartAt": "Run", "States": {"Run": run}},
        "ResultWriter": {"Parameters": {"Prefix.$": "$.results"}},
        "MaxConcurrency": concurrency,
        "ToleratedFailurePercentage": 10,
        "End": True,
    }
    states = {
        "HasItems": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.items", "IsPresent": True, "Next": "Prepare"}],
            "Default": "Items",
        },
        "Items": {"Type": "Pass", "Result": 4, "ResultPath": "$.items", "Next": "Prepare"},
        "Prepare": task({"Payload": {"action": "prepare"}}, ResultPath="$.prepared", Next="Lines"),
        "Lines": lines,
    }
    return Definition({"StartAt": "HasItems", "States": states})


class Function:
    """Echoes lines; ``fails`` gives the error of a batch by its lines' numbers, or nothing."""

    def __init__(self, fails: Callable[[list[int]], str | None] = lambda numbers: None) -> None:
        self.batches: list[list[int]] = []
        self.prepared = self.at_once = self.most_at_once = 0
        self._fails = fails

    async def __call__(self, name: str, event: bytes) -> Result:
        assert name == "hublet-x"
        document = json.loads(event)
        if document == {"action": "prepare"}:
            self.prepared += 1
            return Result(b'{"state": "ready"}')
        assert document["BatchInput"] == {"function": "hublet-x"}
        numbers = [item["index"] for item in document["Items"]]
        self.batches.append(numbers)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        error = self._fails(numbers)
        if error == THROTTLED:
            raise Throttled("busy")
        if error:
            return Result.failed(error, "told")
        return Result(json.dumps([{"id": item["line"]["id"]} for item in document["Items"]]).encode())
