"""``python -m local run``: call every function with its first example; write a table and a file."""

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

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from local.cloud.front import Cloud

WARM_CALLS = 7
LONGEST_WORDS = 500
"""Characters that are shown of a log's line."""
COLUMNS = ("function", "engine", "first s", "cold s", "warm ms", "answer")
WIDTH = 100
"""Columns of a terminal that the table fits into."""
FACTORY = "factory"
LATER = ("text-to-image", "text-generation")
"""Kinds of task that take long to prepare: they come last, so that the first answers come early."""
BOLD, RED, PLAIN = "\x1b[1m", "\x1b[31m", "\x1b[0m"
NEXT = """\
Next:
  make ui                             the same functions in a browser
  make serve                          and call them: curl, InferenceClient, OpenAI's client
  make run HUB=https://huggingface.co the real models, where the Hub can be reached"""


class RunFailed(Exception):
    """A function did not answer; the message names it and the reason."""


class NoReason(RunFailed):
    """A function failed with a body that is not its own; only its log can say why."""


@dataclass(frozen=True)
class RunResult:
    """The result of one function, in the table and in ``run.json``."""

    function: str
    url: str
    model: str
    engine: str
    first_s: float
    """First invoke: start, download, load, answer."""
    cold_s: float
    """A call to a new environment, with the model in the cache."""
    warm_ms: float
    """Median of calls to a running environment."""
    answer: Any
    note: str
    """A note on the model, such as that its weights are untrained."""


async def run_all(cloud: Cloud, output: Path) -> None:
    """Call each function, print the table, write the file. If one fails, the others are still called."""
    results, failures = [], []
    for number, name in enumerate(names := in_order(cloud), 1):
        say(f"[{number} of {len(names)}] {name}")
        try:
            results.append(await run_one(cloud, name))
            say(f"  {_short(json.dumps(results[-1].answer, ensure_ascii=False), WIDTH - 2)}")
        except RunFailed as error:
            failure = str(error)
            if isinstance(error, NoReason) and (words := await cloud.last_words(name)):
                failure += f"; its log ends with: {words[:LONGEST_WORDS]}"
            say(failure)
            failures.append(failure)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps([asdict(result) for result in results], indent=1) + "\n")
    print("\n" + table(results, is_coloured=sys.stdout.isatty()), flush=True)
    if failures:
        raise RunFailed("; ".join(failures))
    say(f"\n{NEXT}")


def in_order(cloud: Cloud) -> list[str]:
    """The functions, those last that take long to prepare."""

    def place(name: str) -> int:
        tag = cloud.pools[name].function.task.pipeline_tag
        return 1 + LATER.index(tag) if tag in LATER else 0

    return sorted(cloud.pools, key=place)


async def run_one(cloud: Cloud, name: str) -> RunResult:
    """Call one function with its first example: first invoke, cold start, warm calls."""
    url = cloud.function_url(name)
    example = cloud.pools[name].function.task.examples[0].body
    answer, first_s = await _timed(name, url, example)
    await cloud.pools[name].recycle()
    _, cold_s = await _timed(name, url, example)
    warm_s = [(await _timed(name, url, example))[1] for _ in range(WARM_CALLS)]
    description = await asyncio.to_thread(call, name, url, None)
    return RunResult(
        function=name,
        url=url,
        model=description["model"],
        engine=f"{description['engine']} {description['precision']}",
        first_s=round(first_s, 2),
        cold_s=round(cold_s, 2),
        warm_ms=round(statistics.median(warm_s) * 1000, 1),
        answer=answer,
        note=cloud.note(name),
    )


def table(results: list[RunResult], is_coloured: bool = False) -> str:
    """The results as an aligned table, at most :data:`WIDTH` columns wide."""
    lines = aligned([COLUMNS, *(_cells(result) for result in results)]).split("\n")
    lines = [_short(line, WIDTH) for line in lines]
    if not is_coloured:
        return "\n".join(lines)
    colours = [BOLD, *(RED if result.note else "" for result in results)]
    return "\n".join(f"{colour}{line}{PLAIN}" for colour, line in zip(colours, lines, strict=True))


def aligned(lines: list[tuple[str, ...]]) -> str:
    """Lines of cells, with aligned columns."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


class ProgressLines:
    """Show log lines as short progress lines; warnings and errors are shown in full.

    The factory prepares, and the function that waits for it hears of that later. Both log each stage, so a
    stage is said once for each function.
    """

    def __init__(self) -> None:
        self._function = ""
        self._said: set[str] = set()

    def __call__(self, name: str, line: str) -> None:
        """A line of the log of the function ``name``."""
        try:
            entry = json.loads(line)
        except ValueError:
            return
        if not isinstance(entry, dict):
            return
        if "stage" in entry:
            self._stage(name, entry)
        elif entry.get("level") in ("WARNING", "ERROR"):
            say(f"{name}: {entry.get('message')} {entry.get('exception', '')}".rstrip())

    def _stage(self, name: str, entry: Mapping[str, Any]) -> None:
        if name not in (FACTORY, self._function):
            self._function, self._said = name, set()
        text = str(entry["stage"])
        if text == "downloading":
            if name == FACTORY:
                self._said.add(FACTORY)
            elif FACTORY in self._said:
                return  # what it has heard is older
            text = f"downloading {entry['done_bytes'] / 1e6:.1f} of {entry['total_bytes'] / 1e6:.1f} MB"
        if text not in self._said:
            self._said.add(text)
            say(f"  {text}")


def say(text: str) -> None:
    """Print progress to standard error, so that standard output has only the table."""
    print(text, file=sys.stderr, flush=True)


async def _timed(name: str, url: str, body: Mapping[str, Any]) -> tuple[Any, float]:
    started_s = time.monotonic()
    answer = await asyncio.to_thread(call, name, url, body)
    return answer, time.monotonic() - started_s


def call(name: str, url: str, body: Mapping[str, Any] | None) -> Any:
    """One HTTP call: GET without a body, else POST. The key in ``HUBLET_KEY`` is sent, if there is one."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json", "accept": "application/json"}
    if key := os.environ.get("HUBLET_KEY"):
        headers["authorization"] = f"Bearer {key}"
    request = urllib.request.Request(url, data, headers)
    try:
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as error:
        said = error.read().decode("utf-8", "replace")
        kind = NoReason if error.code >= 500 and not _is_ours(said) else RunFailed
        raise kind(f"{name} answered {error.code}: {said}") from None
    except OSError as error:
        raise RunFailed(f"{name} did not answer: {error}") from None


def _is_ours(body: str) -> bool:
    """Whether an error's body is a function's own, which says what is wrong."""
    try:
        return "error" in json.loads(body)
    except (ValueError, TypeError):
        return False


def _cells(result: RunResult) -> tuple[str, ...]:
    answer = f"{result.note}: " * bool(result.note) + json.dumps(result.answer, ensure_ascii=False)
    figures = (f"{result.first_s:.2f}", f"{result.cold_s:.2f}", f"{result.warm_ms:.1f}")
    return (result.function, result.engine, *figures, answer)


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
