"""``python -m local run``: call every function with its first example; write a table and a file."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import sys
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from local.cloud.front import Cloud

WARM_CALLS = 7
MOST_WAITS = 3
"""Calls that may end before the model is ready."""
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


class NotReady(RunFailed):
    """A function's time ended while its model was prepared, which goes on; the next call waits for it."""


class NoReason(RunFailed):
    """A function failed with a body that is not its own; only its log can say why."""


class First(NamedTuple):
    """A function's answer to its first call, and how long it took."""

    answer: Any
    seconds: float


@dataclass(frozen=True)
class RunResult:
    """The result of one function, in the table and in ``run.json``."""

    function: str
    url: str
    model: str
    engine: str
    first_s: float
    """First invoke: start, download, load, answer; beside another one with the demo models."""
    cold_s: float
    """A call to a new environment, with the model in the cache."""
    warm_ms: float
    """Median of calls to a running environment."""
    answer: Any
    note: str
    """A note on the model, such as that its weights are untrained."""


async def run_all(cloud: Cloud, output: Path, at_once: int = 1) -> None:
    """Call each function, print the table, write the file. If one fails, the others are still called.

    First of all every function is called once, ``at_once`` of them at a time: that prepares their models.
    """
    names, failures = in_order(cloud), []
    firsts: dict[str, First] = {}
    results = []
    free = asyncio.Semaphore(at_once)

    async def ask(name: str) -> None:
        async with free:
            try:
                firsts[name] = await ask_first(cloud, name)
            except RunFailed as error:
                failures.append(await _explained(cloud, name, error))
            answered = f"{len(firsts) + len(failures)} of {len(names)}"
            say(f"[{answered}] {name}: {_shown(firsts[name].answer) if name in firsts else failures[-1]}")

    await asyncio.gather(*map(ask, names))
    if firsts:
        say("measuring cold starts and warm calls")
    for name in (name for name in names if name in firsts):
        try:
            results.append(await measure(cloud, name, firsts[name]))
        except RunFailed as error:
            failures.append(await _explained(cloud, name, error))
            say(failures[-1])
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps([asdict(result) for result in results], indent=1) + "\n")
    print("\n" + table(results, is_coloured=sys.stdout.isatty()), flush=True)
    if failures:
        raise RunFailed("; ".join(failures))
    say(f"\n{NEXT}")


def _shown(answer: Any) -> str:
    return _short(json.dumps(answer, ensure_ascii=False), WIDTH - 30)


async def _explained(cloud: Cloud, name: str, error: RunFailed) -> str:
    """What failed, with the end of the log where the answer gave no reason."""
    if isinstance(error, NoReason) and (words := await cloud.last_words(name)):
        return f"{error}; its log ends with: {words[:LONGEST_WORDS]}"
    return str(error)


def in_order(cloud: Cloud) -> list[str]:
    """The functions, those last that take long to prepare."""

    def place(name: str) -> int:
        tag = cloud.pools[name].function.task.pipeline_tag
        return 1 + LATER.index(tag) if tag in LATER else 0

    return sorted(cloud.pools, key=place)


async def ask_first(cloud: Cloud, name: str) -> First:
    """Call one function with its first example, which prepares its model; in several calls, if need be."""
    example, started_s = cloud.pools[name].function.task.examples[0].body, time.monotonic()
    for _ in range(MOST_WAITS):
        with contextlib.suppress(NotReady):
            answer, _ = await _timed(name, cloud.function_url(name), example)
            return First(answer, time.monotonic() - started_s)
    return First(*await _timed(name, cloud.function_url(name), example))


async def measure(cloud: Cloud, name: str, first: First) -> RunResult:
    """A cold start and warm calls of a function that has answered."""
    url = cloud.function_url(name)
    example = cloud.pools[name].function.task.examples[0].body
    await cloud.pools[name].recycle()
    _, cold_s = await _timed(name, url, example)
    warm_s = [(await _timed(name, url, example))[1] for _ in range(WARM_CALLS)]
    description = await asyncio.to_thread(call, name, url, None)
    return RunResult(
        function=name,
        url=url,
        model=description["model"],
        engine=f"{description['engine']} {description['precision']}",
        first_s=round(first.seconds, 2),
        cold_s=round(cold_s, 2),
        warm_ms=round(statistics.median(warm_s) * 1000, 1),
        answer=first.answer,
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
    stage is said once for each function. With several functions at once, the factory does not say for whom it
    works. So only those that wait are heard, each with its name.
    """

    def __init__(self, at_once: int = 1) -> None:
        self._are_several = at_once > 1
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
        if "stage" in entry and self._are_several:
            self._stage_of_several(name, entry)
        elif "stage" in entry:
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
            text = _downloaded(entry)
        if text not in self._said:
            self._said.add(text)
            say(f"  {text}")

    def _stage_of_several(self, name: str, entry: Mapping[str, Any]) -> None:
        text = f"{name}: {_downloaded(entry) if entry['stage'] == 'downloading' else entry['stage']}"
        if name != FACTORY and text not in self._said:
            self._said.add(text)
            say(f"  {text}")


def _downloaded(entry: Mapping[str, Any]) -> str:
    return f"downloading {entry['done_bytes'] / 1e6:.1f} of {entry['total_bytes'] / 1e6:.1f} MB"


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
        if '"ModelNotReady"' in said:
            kind = NotReady
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
