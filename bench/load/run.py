"""``make load``: six functions of the local cloud at 80% of their capacity, then at ten times that.

Reference answers are taken without load. Capacity is measured with clients that wait for their answers.
The steady load comes at even distances, since the promise is about the service. With random arrivals,
waiting alone makes a tail: in an M/M/1 queue the p99 is 6.6 times the p50.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench import process_facts
from bench.load.answers import find_alike, is_same
from bench.load.driver import OK, REFUSED, Driver
from bench.load.mix import MAKERS, LoadRequest, cycle_requests, make_requests
from bench.load.service import (
    ENVIRONMENTS,
    CloudNotStarted,
    CloudProcess,
    MemorySamples,
    write_template_for_shared_cores,
)
from bench.load.verdict import LoadResult, judge, passes, to_json
from local.cloud.template import DEFAULT_TEMPLATE
from local.commands.run import aligned, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PREPARATION_S = 600
REFERENCE_CALLS = 3
WARM_ROUNDS = 20
SHARE_OF_CAPACITY = 0.8
BURST = 10
"""Times the steady load."""


class NoReferenceAnswer(Exception):
    """A request has no stable reference answer; the message names the function and the reason."""


@dataclass(frozen=True)
class LoadPlan:
    """The length of each phase, and what it runs on."""

    template: Path
    cache: Path
    minutes: float = 30
    capacity_s: float = 20
    burst_s: float = 5
    after_s: float = 10
    functions: Sequence[str] = tuple(MAKERS)
    seed: int = 1


async def run(plan: LoadPlan) -> LoadResult:
    """Start a local cloud and run all phases."""
    with tempfile.TemporaryDirectory(prefix="hublet-load-") as scratch:
        template = write_template_for_shared_cores(plan.template, Path(scratch))
        async with (
            CloudProcess(template, plan.cache, plan.functions) as cloud,
            Driver(cloud.url, plan.functions) as driver,
        ):
            mix = await learn(driver, plan)
            say("all environments start")
            await warm(driver, mix)
            return await measure(cloud, driver, cycle_requests(mix, plan.seed), plan)


async def learn(driver: Driver, plan: LoadPlan) -> list[LoadRequest]:
    """All requests with their reference answers.

    Raises :class:`NoReferenceAnswer` if an answer changes between calls, or two answers are too similar.
    """
    mix = []
    for function in plan.functions:
        say(f"{function}: preparation and reference answers")
        learned = [await _learn_answer(driver, request) for request in make_requests(function, plan.seed)]
        for one, two in find_alike([request.answer for request in learned]):
            raise NoReferenceAnswer(f"{function} gives requests {one} and {two} answers that are too similar")
        mix += learned
    return mix


async def _learn_answer(driver: Driver, request: LoadRequest) -> LoadRequest:
    answers = []
    for _ in range(REFERENCE_CALLS):
        status, body, _ = await driver.ask(request, PREPARATION_S)
        if status != OK:
            raise NoReferenceAnswer(f"{request.function} answered {status} without load: {body[:500]!r}")
        answers.append(body)
    known = json.loads(answers[0])
    if not known or not all(is_same(json.loads(body), known) for body in answers):
        raise NoReferenceAnswer(f"{request.function} does not always answer alike: {request.body[:200]!r}")
    return replace(request, answer=known, answer_bytes=answers[0])


async def warm(driver: Driver, mix: list[LoadRequest]) -> None:
    """Start all environments that the functions may have, and make their first calls."""
    by_function = defaultdict(list)
    for request in mix:
        by_function[request.function].append(request)
    for of_function in by_function.values():
        for _ in range(WARM_ROUNDS):
            together = (of_function * ENVIRONMENTS)[:ENVIRONMENTS]
            await asyncio.gather(*map(driver.ask, together))


async def measure(
    cloud: CloudProcess, driver: Driver, mix: Iterator[LoadRequest], plan: LoadPlan
) -> LoadResult:
    """Measure capacity, then the steady load and its memory, then the burst."""
    say(f"capacity, {plan.capacity_s:g} s: {ENVIRONMENTS} clients that wait for their answers")
    saturated = await driver.run_closed_loop(mix, ENVIRONMENTS, plan.capacity_s)
    capacity_per_s = saturated.statuses[OK] / plan.capacity_s
    steady_per_s = SHARE_OF_CAPACITY * capacity_per_s
    seconds = plan.minutes * 60
    say(f"steady load, {plan.minutes:g} minutes: {steady_per_s:.0f} of {capacity_per_s:.0f} calls a second")
    environments, memory = set(cloud.environments), MemorySamples()
    watching = asyncio.create_task(memory.watch(cloud, seconds))
    cpu_use = CpuUse(cloud)
    steady = await driver.run_paced(mix, steady_per_s, seconds)
    watching.cancel()
    foreign_cpu, stolen_cpu = cpu_use.shares()
    say(f"burst, {plan.burst_s:g} s: {BURST * steady_per_s:.0f} calls a second")
    burst_end_s = time.monotonic() + plan.burst_s
    after, burst = await asyncio.gather(
        driver.run_paced(mix, steady_per_s, plan.burst_s + plan.after_s),
        driver.run_paced(mix, (BURST - 1) * steady_per_s, plan.burst_s),
    )
    return LoadResult(
        minutes=plan.minutes,
        capacity_per_s=capacity_per_s,
        steady_per_s=steady_per_s,
        saturated=saturated,
        steady=steady,
        burst=burst,
        after=after,
        burst_end_s=burst_end_s,
        memory=memory,
        environments_ended=len(environments - set(cloud.environments)),
        foreign_cpu=foreign_cpu,
        stolen_cpu=stolen_cpu,
    )


class CpuUse:
    """CPU time since this object was made that neither the service nor this process used."""

    def __init__(self, cloud: CloudProcess) -> None:
        self._cloud = cloud
        self._start = self._read()

    def _read(self) -> tuple[float, float, float]:
        ours_s = self._cloud.cpu_s() + time.process_time()
        foreign_s = process_facts.machine_cpu_s() - ours_s
        return foreign_s, process_facts.stolen_cpu_s(), time.monotonic()

    def shares(self) -> tuple[float, float]:
        """Shares of all cores: used by other processes, and stolen by the host."""
        differences = (now - then for now, then in zip(self._read(), self._start, strict=True))
        foreign_s, stolen_s, elapsed_s = differences
        all_s = elapsed_s * process_facts.cores()
        return max(foreign_s, 0.0) / all_s, stolen_s / all_s


def format_tables(found: LoadResult) -> str:
    """The load, the results of each phase, and the verdicts."""
    rows: list[tuple[str, ...]] = [("phase", "calls", "200", "429", "503", "other", "wrong")]
    for name, calls in found.phases.items():
        counts = [len(calls), *(calls.statuses[status] for status in (OK, *REFUSED))]
        rows.append((name, *(f"{count:,}" for count in (*counts, calls.unexpected, calls.wrong))))
    promises: list[tuple[str, ...]] = [("promise", "found", "limit", "verdict")]
    promises += [(line.what, line.found, line.limit, line.text) for line in judge(found)]
    rates = f"capacity {found.capacity_per_s:.0f} calls a second, steady load {found.steady_per_s:.0f}"
    others = f"other processes took {found.foreign_cpu:.1%} of the CPU, the host {found.stolen_cpu:.1%}"
    return "\n\n".join([f"{rates}; {others}", aligned(rows), aligned(promises)])


def main() -> int:
    """0 if every judged promise is kept, else 1."""
    arguments = _parser().parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="hublet-load-") as cache:
            plan = LoadPlan(arguments.template, Path(cache), minutes=arguments.minutes, seed=arguments.seed)
            found = asyncio.run(run(plan))
    except (NoReferenceAnswer, CloudNotStarted) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(to_json(found), indent=1) + "\n")
    for calls in found.phases.values():
        for line in calls.examples:
            say(line)
    print("\n" + format_tables(found), flush=True)
    return 0 if passes(judge(found)) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.load.run", description=__doc__)
    parser.add_argument("--minutes", type=float, default=LoadPlan.minutes, help="of steady load")
    parser.add_argument("--seed", type=int, default=LoadPlan.seed)
    parser.add_argument("--template", type=Path, default=DEFAULT_TEMPLATE)
    parser.add_argument("--output", type=Path, default=Path("build/load.json"))
    return parser


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
