"""``python -m local run``: every function answers its first example; the figures go to a table and a file."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from local.demo_models import note

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from local.cloud import Cloud

WARM_CALLS = 7
COLUMNS = ("function", "model", "engine", "first s", "cold s", "warm ms", "answer")


class RunFailed(Exception):
    """A function did not answer; the message names it and says why."""


@dataclass(frozen=True)
class Row:
    """One function's line in the table and in ``run.json``."""

    function: str
    url: str
    model: str
    engine: str
    first_s: float
    """First invoke: start, download, load, answer."""
    cold_s: float
    """A fresh environment on the warm cache."""
    warm_ms: float
    """Median of a few calls to a running environment."""
    answer: Any
    note: str
    """What has to be known about the answer: such as that nobody trained the model."""


async def run_all(cloud: Cloud, output: Path) -> None:
    """Call each function, print the table, write the file; one that fails keeps no other from its turn."""
    rows, failures = [], []
    for name in cloud.pools:
        try:
            rows.append(await run_one(cloud, name))
        except RunFailed as error:
            say(str(error))
            failures.append(str(error))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    print("\n" + table(rows), flush=True)
    if failures:
        raise RunFailed("; ".join(failures))


async def run_one(cloud: Cloud, name: str) -> Row:
    """First, cold and warm answers of one function to its first example."""
    url = cloud.function_url(name)
    example = cloud.pools[name].function.task.examples[0].body
    say(f"{name}: first invoke of {cloud.model(name)}")
    answer, first_s = await _timed(name, url, example)
    await cloud.pools[name].recycle()
    say(f"{name}: fresh environment on the warm cache")
    _, cold_s = await _timed(name, url, example)
    warm_s = [(await _timed(name, url, example))[1] for _ in range(WARM_CALLS)]
    description = await asyncio.to_thread(call, name, url, None)
    return Row(
        function=name,
        url=url,
        model=description["model"],
        engine=f"{description['engine']} {description['precision']}",
        first_s=round(first_s, 2),
        cold_s=round(cold_s, 2),
        warm_ms=round(statistics.median(warm_s) * 1000, 1),
        answer=answer,
        note=note(description["model"]),
    )


def table(rows: list[Row]) -> str:
    """The rows as aligned text."""
    return aligned([COLUMNS, *(_cells(row) for row in rows)])


def aligned(lines: list[tuple[str, ...]]) -> str:
    """Cells below each other."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def show_progress(name: str, line: str) -> None:
    """Turn a function's log lines into short progress lines; anything unexpected is shown whole."""
    try:
        entry = json.loads(line)
    except ValueError:
        entry = {"level": "", "message": line}
    if not isinstance(entry, dict):
        return
    if entry.get("stage") == "downloading":
        say(f"{name}: downloading {entry['done_bytes'] / 1e6:.1f} of {entry['total_bytes'] / 1e6:.1f} MB")
    elif "stage" in entry:
        say(f"{name}: {entry['stage']}")
    elif entry.get("level") in ("WARNING", "ERROR"):
        say(f"{name}: {entry.get('message')} {entry.get('exception', '')}".rstrip())


def say(text: str) -> None:
    """Progress goes to standard error, so that standard output is the table alone."""
    print(text, file=sys.stderr, flush=True)


async def _timed(name: str, url: str, body: Mapping[str, Any]) -> tuple[Any, float]:
    started_s = time.monotonic()
    answer = await asyncio.to_thread(call, name, url, body)
    return answer, time.monotonic() - started_s


def call(name: str, url: str, body: Mapping[str, Any] | None) -> Any:
    """One HTTP call, without a body a GET; functions that ask for a key get the one in ``HUBLET_KEY``."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json", "accept": "application/json"}
    if key := os.environ.get("HUBLET_KEY"):
        headers["authorization"] = f"Bearer {key}"
    request = urllib.request.Request(url, data, headers)
    try:
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as error:
        raise RunFailed(f"{name} answered {error.code}: {error.read().decode('utf-8', 'replace')}") from None
    except OSError as error:
        raise RunFailed(f"{name} did not answer: {error}") from None


def _cells(row: Row) -> tuple[str, ...]:
    answer = f"{row.note}: " * bool(row.note) + json.dumps(row.answer, ensure_ascii=False)
    figures = (f"{row.first_s:.2f}", f"{row.cold_s:.2f}", f"{row.warm_ms:.1f}")
    return (row.function, row.model, row.engine, *figures, answer if len(answer) <= 72 else answer[:71] + "…")
