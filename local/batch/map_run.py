"""A Distributed Map over JSON lines: read, batched, run so many at once, and written as they end."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Self

from local.batch.payload import fill, resolve

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path
    from typing import Self

TOO_MANY_FAILED = "States.ExceedToleratedFailureThreshold"


class ChildFailed(Exception):
    """A child execution ended without success."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(cause)
        self.error = error


class MapRun:
    """One run. Its journal tells which batches ended, so that a second run takes up what is left.

    In AWS the files of the result writer come at the end; here each batch is on disk when it ended.
    """

    def __init__(
        self, state: dict[str, Any], data: dict[str, Any], bucket: Path, show: Callable[[int, int], None]
    ) -> None:
        self._state = state
        self._data = data
        reader, writer = (state[name]["Parameters"] for name in ("ItemReader", "ResultWriter"))
        self._source = bucket / resolve(reader["Key.$"], data)
        self._folder = bucket / resolve(writer["Prefix.$"], data)
        self._show = show
        self._total = 0
        self._done = 0
        self._failed = 0

    async def run(self, child: Callable[[dict[str, Any]], Awaitable[Any]]) -> tuple[str, str] | None:
        """The error of the run and its cause, if it has one."""
        with self._source.open("rb") as lines:
            self._total = sum(1 for _ in lines)
        with Journal(self._folder) as journal:
            left = (
                (number, batch) for number, batch in self._batches() if self._is_left(number, batch, journal)
            )
            workers = [self._work(left, child, journal) for _ in range(self._state["MaxConcurrency"])]
            async with asyncio.TaskGroup() as group:
                for worker in workers:
                    group.create_task(worker)
        if self._has_failed:
            return TOO_MANY_FAILED, f"{self._failed:,} of {self._total:,} lines failed"
        return None

    def _is_left(self, number: int, batch: dict[str, Any], journal: Journal) -> bool:
        if number in journal.succeeded:
            self._count(batch)
            return False
        return True

    @property
    def _has_failed(self) -> bool:
        return bool(self._failed > self._total * self._state["ToleratedFailurePercentage"] / 100)

    async def _work(
        self,
        left: Iterator[tuple[int, dict[str, Any]]],
        child: Callable[[dict[str, Any]], Awaitable[Any]],
        journal: Journal,
    ) -> None:
        for number, batch in left:
            if self._has_failed:
                return
            try:
                results = await child(batch)
            except ChildFailed as error:
                self._failed += len(batch["Items"])
                journal.fail(batch, error)
            else:
                journal.succeed(number, results if isinstance(results, list) else [results])
            self._count(batch)

    def _count(self, batch: dict[str, Any]) -> None:
        self._done += len(batch["Items"])
        self._show(self._done, self._total)

    def _batches(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Numbered, and the same each time: as many lines as may be together, by count and by bytes."""
        batcher = self._state["ItemBatcher"]
        most, most_bytes = (
            resolve(batcher["MaxItemsPerBatchPath"], self._data),
            batcher["MaxInputBytesPerBatch"],
        )
        batch_input = fill(batcher["BatchInput"], self._data)
        items: list[Any] = []
        size = number = 0
        for item in self._items():
            item_bytes = len(json.dumps(item, ensure_ascii=False).encode()) + 1
            if items and (len(items) == most or size + item_bytes > most_bytes):
                yield number, {"Items": items, "BatchInput": batch_input}
                items, size, number = [], 0, number + 1
            items.append(item)
            size += item_bytes
        if items:
            yield number, {"Items": items, "BatchInput": batch_input}

    def _items(self) -> Iterator[Any]:
        with self._source.open("rb") as lines:
            for index, line in enumerate(lines):
                context = {"Map": {"Item": {"Index": index, "Value": json.loads(line)}}}
                yield fill(self._state["ItemSelector"], self._data, context)


class Journal:
    """Files of a result writer that grow; a batch counts as ended when its line in the journal is written."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "journal"
        self._results_path = folder / "SUCCEEDED_0.jsonl"
        self._failed_path = folder / "FAILED_0.jsonl"
        self.succeeded, size = self._read()
        self._results_path.touch()
        with self._results_path.open("r+b") as results:
            results.truncate(size)  # a batch that was being written when the process ended
        self._failed_path.write_bytes(b"")  # what failed is tried again

    def __enter__(self) -> Self:
        self._journal, self._results, self._failed = (
            path.open("ab") for path in (self._path, self._results_path, self._failed_path)
        )
        return self

    def __exit__(self, *_: object) -> None:
        for file in (self._journal, self._results, self._failed):
            file.close()

    def succeed(self, number: int, results: list[Any]) -> None:
        """Write a batch's results, then that it ended."""
        for result in results:
            self._results.write(
                json.dumps(result, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
            )
        self._results.flush()
        self._journal.write(f"{number} {self._results.tell()}\n".encode())
        self._journal.flush()

    def fail(self, batch: dict[str, Any], error: ChildFailed) -> None:
        """Write what Step Functions writes of an execution that failed, whatever the transformation."""
        record = {"Error": error.error, "Cause": str(error), "Input": json.dumps(batch), "Status": "FAILED"}
        self._failed.write(json.dumps(record).encode() + b"\n")
        self._failed.flush()

    def _read(self) -> tuple[set[int], int]:
        """Numbers of the batches that ended, and how many bytes their results have."""
        lines = self._path.read_bytes().split(b"\n")[:-1] if self._path.exists() else []
        whole = [line.split() for line in lines]
        self._path.write_bytes(b"".join(b"%s %s\n" % (number, size) for number, size in whole))
        return {int(number) for number, _ in whole}, max((int(size) for _, size in whole), default=0)
