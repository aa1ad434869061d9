"""``make load``: six functions of the local cloud at 80% of what two cores can do, then at ten times that.

Answers are learnt in quiet, capacity is measured with clients that wait for their answers, and the steady
load comes on an even clock that waits for nobody. Even, not random, because the promise is about the service:
with random arrivals, waiting alone makes a tail (in an M/M/1 queue the p99 is 6.6 times the p50).
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
from bench.answers import alike, same
from bench.load_driver import OK, REFUSED, Driver
from bench.load_mix import MAKERS, Request, endless, requests
from bench.load_service import ENVIRONMENTS, LocalCloud, Memory, NotServed, for_shared_cores
from bench.load_verdict import Found, figures, passes, verdict
from local.run import aligned, say
from local.template import DEFAULT_TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PREPARATION_S = 600
LEARNT_CALLS = 3
WARM_ROUNDS = 20
SHARE_OF_CAPACITY = 0.8
BURST = 10
"""Times the steady load."""


class NotLearnt(Exception):
    """The right answer of a request is not to be had; the message says whose and why."""


@dataclass(frozen=True)
class Plan:
    """How long each phase takes, and with what."""

    template: Path
    cache: Path
    minutes: float = 30
    capacity_s: float = 20
    burst_s: float = 5
    after_s: float = 10
    functions: Sequence[str] = tuple(MAKERS)
    seed: int = 1


async def run(plan: Plan) -> Found:
    """All phases against a cloud of its own."""
    with tempfile.TemporaryDirectory(prefix="hublet-load-") as scratch:
        template = for_shared_cores(plan.template, Path(scratch))
        async with (
            LocalCloud(template, plan.cache, plan.functions) as cloud,
            Driver(cloud.url, plan.functions) as driver,
        ):
            mix = await learn(driver, plan)
            say("all environments start")
            await warm(driver, mix)
            return await measure(cloud, driver, endless(mix, plan.seed), plan)


async def learn(driver: Driver, plan: Plan) -> list[Request]:
    """Each request with its answer: the same at every quiet call, and like no other's of its function."""
    mix = []
    for function in plan.functions:
        say(f"{function}: preparation, and answers in quiet")
        learnt = [await _learn(driver, request) for request in requests(function, plan.seed)]
        for one, two in alike([request.answer for request in learnt]):
            raise NotLearnt(f"{function} answers requests {one} and {two} alike, so a swap would not show")
        mix += learnt
    return mix


async def _learn(driver: Driver, request: Request) -> Request:
    answers = []
    for _ in range(LEARNT_CALLS):
        status, body, _ = await driver.ask(request, PREPARATION_S)
        if status != OK:
            raise NotLearnt(f"{request.function} answered {status} in quiet: {body[:500]!r}")
        answers.append(body)
    known = json.loads(answers[0])
    if not known or not all(same(json.loads(body), known) for body in answers):
        raise NotLearnt(f"{request.function} does not answer the same each time: {request.body[:200]!r}")
    return replace(request, answer=known, answer_bytes=answers[0])


async def warm(driver: Driver, mix: list[Request]) -> None:
    """Have every environment that a function may have, each past its first calls."""
    by_function = defaultdict(list)
    for request in mix:
        by_function[request.function].append(request)
    for of_function in by_function.values():
        for _ in range(WARM_ROUNDS):
            together = (of_function * ENVIRONMENTS)[:ENVIRONMENTS]
            await asyncio.gather(*map(driver.ask, together))


async def measure(cloud: LocalCloud, driver: Driver, mix: Iterator[Request], plan: Plan) -> Found:
    """Capacity, the steady load with its memory, the burst."""
    say(f"capacity, {plan.capacity_s:g} s: {ENVIRONMENTS} clients that wait for their answers")
    saturated = await driver.closed(mix, ENVIRONMENTS, plan.capacity_s)
    capacity_per_s = saturated.statuses[OK] / plan.capacity_s
    steady_per_s = SHARE_OF_CAPACITY * capacity_per_s
    seconds = plan.minutes * 60
    say(f"steady load, {plan.minutes:g} minutes: {steady_per_s:.0f} of {capacity_per_s:.0f} calls a second")
    environments, memory = set(cloud.environments), Memory()
    watching = asyncio.create_task(memory.watch(cloud, seconds))
    taken = _TakenCpu(cloud)
    steady = await driver.paced(mix, steady_per_s, seconds)
    watching.cancel()
    foreign_cpu, stolen_cpu = taken.shares()
    say(f"burst, {plan.burst_s:g} s: {BURST * steady_per_s:.0f} calls a second")
    burst_end_s = time.monotonic() + plan.burst_s
    after, burst = await asyncio.gather(
        driver.paced(mix, steady_per_s, plan.burst_s + plan.after_s),
        driver.paced(mix, (BURST - 1) * steady_per_s, plan.burst_s),
    )
    return Found(
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


class _TakenCpu:
    """How much of the machine went to neither the service nor us, since this was made."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._began = self._now()

    def _now(self) -> tuple[float, float, float]:
        ours_s = self._cloud.cpu_s() + time.process_time()
        foreign_s = process_facts.machine_cpu_s() - ours_s
        return foreign_s, process_facts.stolen_cpu_s(), time.monotonic()

    def shares(self) -> tuple[float, float]:
        """Of all cores: what other processes took, and what the host did."""
        foreign_s, stolen_s, took_s = (now - then for now, then in zip(self._now(), self._began, strict=True))
        all_s = took_s * process_facts.cores()
        return max(foreign_s, 0.0) / all_s, stolen_s / all_s


def table(found: Found) -> str:
    """What was driven, what came of each phase, and the promises."""
    rows: list[tuple[str, ...]] = [("phase", "calls", "200", "429", "503", "other", "wrong")]
    for name, calls in found.phases.items():
        counts = [len(calls), *(calls.statuses[status] for status in (OK, *REFUSED))]
        rows.append((name, *(f"{count:,}" for count in (*counts, calls.undocumented, calls.wrong))))
    promises: list[tuple[str, ...]] = [("promise", "found", "limit", "verdict")]
    promises += [(line.what, line.found, line.limit, line.verdict) for line in verdict(found)]
    rates = f"capacity {found.capacity_per_s:.0f} calls a second, steady load {found.steady_per_s:.0f}"
    others = f"other processes took {found.foreign_cpu:.1%} of the CPU, the host {found.stolen_cpu:.1%}"
    return "\n\n".join([f"{rates}; {others}", aligned(rows), aligned(promises)])


def main() -> int:
    """0: every judged promise is kept."""
    arguments = _parser().parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="hublet-load-") as cache:
            plan = Plan(arguments.template, Path(cache), minutes=arguments.minutes, seed=arguments.seed)
            found = asyncio.run(run(plan))
    except (NotLearnt, NotServed) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(figures(found), indent=1) + "\n")
    for calls in found.phases.values():
        for line in calls.shown:
            say(line)
    print("\n" + table(found), flush=True)
    return 0 if passes(verdict(found)) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--minutes", type=float, default=Plan.minutes, help="of steady load")
    parser.add_argument("--seed", type=int, default=Plan.seed)
    parser.add_argument("--template", type=Path, default=DEFAULT_TEMPLATE)
    parser.add_argument("--output", type=Path, default=Path("build/load.json"))
    return parser


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
