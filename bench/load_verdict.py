"""What a load run found, held against what the project promises: lines for people, and whether it passes.

Answers, statuses, ``Retry-After`` and memory are ours alone, so a miss fails a run of any length. Times are
also the machine's: whatever else runs on two cores makes single calls late. They are judged in a run of
``JUDGED_MINUTES`` or more, which is made on a machine that does nothing else, and shown in a shorter one,
which may be CI's.

The times are held to their limits function by function. All calls together mix models of two and of ten
milliseconds, where the slow ones make up the p99, and the ratio tells of the mix; it is shown, not judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.load_driver import OK, Calls
from bench.load_service import Memory, quarters
from bench.percentile import percentile

if TYPE_CHECKING:
    from collections.abc import Iterator

JUDGED_MINUTES = 30
MEMORY_GROWTH = 1.05
P99_TO_P50 = 4.0
STEADY_REFUSED = 0.01
RECOVERY_S = 2.0
RECOVERED_CALLS = 20
NORMAL = 2.0
"""A call is back to normal when it takes no longer than so many times its function's p99 before the burst."""


@dataclass
class Found:
    """One run's phases and facts."""

    minutes: float
    capacity_per_s: float
    steady_per_s: float
    saturated: Calls
    steady: Calls
    burst: Calls
    """The surplus alone."""
    after: Calls
    """The steady load of during and after the burst."""
    burst_end_s: float
    memory: Memory
    environments_ended: int
    foreign_cpu: float
    """The part of the machine's CPU that other processes took during the steady load."""
    stolen_cpu: float
    """The part that its host took for other guests meanwhile, seen from a virtual machine."""

    @property
    def phases(self) -> dict[str, Calls]:
        return {
            "capacity": self.saturated,
            "steady": self.steady,
            "burst": self.burst,
            "around the burst": self.after,
        }


@dataclass(frozen=True)
class Line:
    """One promise."""

    what: str
    found: str
    limit: str
    is_kept: bool
    is_judged: bool = True

    @property
    def verdict(self) -> str:
        if self.is_kept:
            return "kept"
        return "MISSED" if self.is_judged else "missed, not judged"


def verdict(found: Found) -> list[Line]:
    """Every promise, in the order of the table."""
    return [*_answers(found), *_memory(found), *_times(found)]


def passes(lines: list[Line]) -> bool:
    return all(line.is_kept for line in lines if line.is_judged)


def recovery_s(found: Found) -> float | None:
    """Seconds from the burst's end to the first of so many calls in a row that are all back to normal."""
    limits_s = [NORMAL * percentile(found.steady.times_s(name), 99) for name in found.steady.functions]
    after = found.after
    calls = sorted(zip(after.due_s, after.took_s, after.status, after.function, strict=True))
    first_s, in_a_row = 0.0, 0
    for due_s, took_s, status, function in calls:
        if due_s < found.burst_end_s or status != OK or took_s > limits_s[function]:
            in_a_row = 0
            continue
        first_s = first_s if in_a_row else due_s
        in_a_row += 1
        if in_a_row == RECOVERED_CALLS:
            return first_s - found.burst_end_s
    return None


def _answers(found: Found) -> Iterator[Line]:
    phases = found.phases.values()
    calls, wrong = sum(map(len, phases)), sum(each.wrong for each in phases)
    yield Line("wrong answers", f"{wrong} of {calls:,} calls", "0", wrong == 0)
    undocumented = sum(each.undocumented for each in phases)
    yield Line("statuses but 200, 429, 503", str(undocumented), "0", undocumented == 0)
    refused, unexplained = sum(each.refused for each in phases), sum(each.unexplained for each in phases)
    yield Line("refusals without Retry-After", f"{unexplained} of {refused:,}", "0", unexplained == 0)
    ended = found.environments_ended
    yield Line("environments that ended", str(ended), "0", ended == 0)


def _memory(found: Found) -> Iterator[Line]:
    sums = {"environments": found.memory.environments_mb, "local cloud": found.memory.cloud_mb}
    for name, samples in sums.items():
        _, second, _, last = held = quarters(samples)
        text = " ".join(f"{each:.0f}" for each in held)
        limit = f"4th <= {MEMORY_GROWTH} x 2nd"
        yield Line(f"memory, {name}: MB by quarter", text, limit, last <= MEMORY_GROWTH * second)


def _times(found: Found) -> Iterator[Line]:
    is_judged = found.minutes >= JUDGED_MINUTES
    share = found.steady.refused / max(len(found.steady), 1)
    limit = f"<= {STEADY_REFUSED:.0%}"
    yield Line("steady load refused", f"{share:.3%}", limit, share <= STEADY_REFUSED, is_judged)
    for name in found.steady.functions:
        text, ratio = _ratio(found.steady.times_s(name))
        yield Line(f"p99 to p50, {name}", text, f"<= {P99_TO_P50:g}", ratio <= P99_TO_P50, is_judged)
    text, ratio = _ratio(found.steady.times_s())
    yield Line("p99 to p50, all calls", text, "(a mix)", ratio <= P99_TO_P50, is_judged=False)
    back_s = recovery_s(found)
    text = "not seen" if back_s is None else f"{back_s:.2f} s"
    is_back = back_s is not None and back_s <= RECOVERY_S
    yield Line("recovery after the burst", text, f"<= {RECOVERY_S:g} s", is_back, is_judged)


def _ratio(ordered: list[float]) -> tuple[str, float]:
    p50, p99 = percentile(ordered, 50), percentile(ordered, 99)
    ratio = p99 / p50 if p50 else float("inf")
    return f"{ratio:.1f} ({p50 * 1000:.1f} -> {p99 * 1000:.1f} ms)", ratio


def figures(found: Found) -> dict[str, Any]:
    """The run as JSON."""
    lines = verdict(found)
    steady = {name: found.steady.times_s(name) for name in found.steady.functions}
    return {
        "minutes": found.minutes,
        "capacity_per_s": round(found.capacity_per_s, 1),
        "steady_per_s": round(found.steady_per_s, 1),
        "foreign_cpu": round(found.foreign_cpu, 3),
        "stolen_cpu": round(found.stolen_cpu, 3),
        "phases": {
            name: {
                "statuses": calls.statuses,
                "wrong": calls.wrong,
                "shown": calls.shown,
            }
            for name, calls in found.phases.items()
        },
        "steady_ms": {
            name: {f"p{percent}": round(percentile(times, percent) * 1000, 2) for percent in (50, 90, 99)}
            for name, times in steady.items()
        },
        "environments_mb": found.memory.environments_mb,
        "cloud_mb": found.memory.cloud_mb,
        "recovery_s": recovery_s(found),
        "verdict": [{"what": line.what, "found": line.found, "is": line.verdict} for line in lines],
        "passes": passes(lines),
    }
