"""A batch of a Distributed Map (Step Functions developer guide, "ItemBatcher"): lines of a file.

Lines that agree in all but their input are run as one list. What the time or the reply has no room for is
marked, and may be sent again in a smaller batch.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.doors.batch_line import NOT_DONE, BatchLine, read_line
from inference.doors.door import Door, url_event
from inference.errors import CacheFull, HubletError, InvalidField
from inference.http.response import JSON, encode

if TYPE_CHECKING:
    from inference.deadline import LambdaContext
    from inference.serve import Service

LONGEST_S = 200.0
"""An Express execution ends after 5 minutes; the rest is for tries that found no free environment."""
MAX_REPLY_BYTES = 240_000
"""A state's output has 262,144 at most (Step Functions developer guide, "Quotas"), the call's own facts
included."""
ROOM_FOR_NEXT = 1.5
"""A line is begun only if the time of the last one fits so often into what is left."""
PASSING = (503, CacheFull.status)
"""Statuses of lines that may be answered later."""
MISSING = "was not run in time; send it again"


@dataclass
class BatchContext:
    """Lambda's context with less time."""

    aws_request_id: str
    ends_s: float

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.ends_s - time.monotonic()) * 1000))


class Batch(Door):
    """A direct invoke by a state machine: IAM has let it in, so no key is asked for."""

    def enter(self, event: dict[str, Any]) -> Any:
        """The lines."""
        return event["Items"]

    def answer(self, event: dict[str, Any], context: LambdaContext, service: Service) -> list[dict[str, Any]]:
        """A result a line, in order."""
        return _BatchRun(service, context).results(self.enter(event))


class _BatchRun:
    def __init__(self, service: Service, context: LambdaContext) -> None:
        self._service = service
        left_s = min(LONGEST_S, context.get_remaining_time_in_millis() / 1000)
        self._context = BatchContext(context.aws_request_id, time.monotonic() + left_s)
        self._last_s = 0.0

    def results(self, items: list[Any]) -> list[dict[str, Any]]:
        read = [read_line(item) for item in items]
        lines = {place: line for place, line in enumerate(read) if isinstance(line, BatchLine)}
        done = {place: line for place, line in enumerate(read) if isinstance(line, dict)}
        lists, single = self._split(lines)
        for several in lists:
            done.update(zip(several, self._run_list([lines[place] for place in several]), strict=True))
        done.update((place, self._run_single(lines[place])) for place in single)
        return _fitted([done[place] for place in range(len(read))])

    def _split(self, lines: dict[int, BatchLine]) -> tuple[list[list[int]], list[int]]:
        """Places of lines that are run together, and of those that are run by themselves."""
        task = self._service.task
        by_key: dict[str | None, list[int]] = {}
        for place, line in lines.items():
            by_key.setdefault(line.list_key if task.takes_lists else None, []).append(place)
        single = by_key.pop(None, [])
        return [part for places in by_key.values() for part in _parts(places, task.most_inputs)], single

    def _run_list(self, lines: list[BatchLine]) -> list[dict[str, Any]]:
        first = lines[0].body
        body = {
            **first,
            "inputs": [line.body["inputs"] for line in lines],
            "parameters": {**(first.get("parameters") or {}), "partial": True},
        }
        try:
            answers = self._service.admitted(body, self._context)
        except HubletError as error:
            if error.status in PASSING:
                return [line.failed(NOT_DONE, error.message) for line in lines]
            return [self._run_single(line) for line in lines]  # so that only who made a mistake is refused
        always_lists = self._service.task.kind.always_lists
        return [
            line.failed(NOT_DONE, MISSING)
            if answer is None
            else line.answered(200, [answer] if always_lists else answer)
            for line, answer in zip(lines, answers, strict=True)
        ]

    def _run_single(self, line: BatchLine) -> dict[str, Any]:
        started_s = time.monotonic()
        if self._context.ends_s - started_s < self._last_s * ROOM_FOR_NEXT:
            return line.failed(NOT_DONE, MISSING)
        if line.body.get("stream") and self._service.task.kind.writes:
            return line.refused(InvalidField("stream", "is for calls of the URL; a line is answered whole"))
        event = url_event({"body": encode(line.body)}, method="POST", path=line.url, headers={"accept": JSON})
        # The log names the line.
        reply = self._service.admitted(event, BatchContext(line.id, self._context.ends_s))
        self._last_s = time.monotonic() - started_s
        body = json.loads(reply["body"])
        status = int(reply["statusCode"])
        if status in PASSING:
            return line.failed(NOT_DONE, _message(body))
        return line.answered(status, body)


def _parts(places: list[int], most: int) -> list[list[int]]:
    return [places[first : first + most] for first in range(0, len(places), most)]


def _message(body: dict[str, Any]) -> str:
    error = body["error"]
    return str(error["message"] if isinstance(error, dict) else error)


def _fitted(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same results, but for answers that the reply has no room for."""
    marked = [_without_answer(result) for result in results]
    room = MAX_REPLY_BYTES - sum(map(_size_bytes, marked))
    for place, result in enumerate(results):
        more = _size_bytes(result) - _size_bytes(marked[place])
        if more <= room:
            marked[place] = result
            room -= more
    return marked


def _without_answer(result: dict[str, Any]) -> dict[str, Any]:
    """What stands for a result that does not fit: alone it would, or it never does."""
    line, size = BatchLine(result["id"], result["custom_id"], "/", {}), _size_bytes(result)
    if size > MAX_REPLY_BYTES:
        return line.failed(
            "too_large", f"the answer has {size:,} bytes; a line's may have {MAX_REPLY_BYTES:,}"
        )
    return line.failed(NOT_DONE, "the answers of its batch have no room in one reply; send it again")


def _size_bytes(result: dict[str, Any]) -> int:
    return len(encode(result).encode()) + 1
