"""Compare the result of a load run with the project's promises.

Answers, statuses, ``Retry-After`` and memory depend on us alone, so a miss fails a run of any length. Times
also depend on the machine: other work on two cores makes single calls late. They are judged only in runs of
``JUDGED_MINUTES`` or more, on a machine that does nothing else. Shorter runs, as in CI, show them.

Limits on times hold for each function. All calls together mix models of two and of ten milliseconds, and the
slow ones make up the p99. So that ratio describes the mix; it is shown, not judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.load.driver import OK, Calls
from bench.load.service import MemorySamples, median_by_quarter
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
"""A call is normal if it takes at most this many times its function's p99 before the burst."""


@dataclass
class LoadResult:
    """The phases and figures of one run."""

    minutes: float
    capacity_per_s: float
    steady_per_s: float
    saturated: Calls
    steady: Calls
    burst: Calls
    """The calls beyond the steady load."""
    after: Calls
    """The steady load during and after the burst."""
    burst_end_s: float
    memory: MemorySamples
    environments_ended: int
    foreign_cpu: float
    """Share of the CPU that other processes used during the steady load."""
    stolen_cpu: float
    """Share of the CPU that the host of a virtual machine gave to other guests meanwhile."""

    @property
    def phases(self) -> dict[str, Calls]:
        return {
            "capacity": self.saturated,
            "steady": self.steady,
            "burst": self.burst,
            "around the burst": self.after,
        }


@dataclass(frozen=True)
class Verdict:
    """One promise, the figure found, and whether the promise is kept."""

    what: str
    found: str
    limit: str
    is_kept: bool
    is_judged: bool = True

    @property
    def text(self) -> str:
        if self.is_kept:
            return "kept"
        return "MISSED" if self.is_judged else "missed, not judged"


def judge(found: LoadResult) -> list[Verdict]:
    """A verdict on every promise, in the order of the table."""
    return [*_answers(found), *_memory(found), *_times(found)]


def passes(verdicts: list[Verdict]) -> bool:
    return all(verdict.is_kept for verdict in verdicts if verdict.is_judged)


def find_recovery_s(found: LoadResult) -> float | None:
    """Seconds from the burst's end to the first of ``RECOVERED_CALLS`` normal calls in a row."""
    limits_s = [NORMAL * percentile(found.steady.times_s(name), 99) for name in found.steady.functions]
    after = found.after
    calls = sorted(zip(after.due_s, after.taken_s, after.status, after.function, strict=True))
    first_s, in_a_row = 0.0, 0
    for due_s, taken_s, status, function in calls:
        if due_s < found.burst_end_s or status != OK or taken_s > limits_s[function]:
            in_a_row = 0
            continue
        first_s = first_s if in_a_row else due_s
        in_a_row += 1
        if in_a_row == RECOVERED_CALLS:
            return first_s - found.burst_end_s
    return None


def _answers(found: LoadResult) -> Iterator[Verdict]:
    phases = found.phases.values()
    calls, wrong = sum(map(len, phases)), sum(each.wrong for each in phases)
    yield Verdict("wrong answers", f"{wrong} of {calls:,} calls", "0", wrong == 0)
    unexpected = sum(each.unexpected for each in phases)
    yield Verdict("statuses but 200, 429, 503", str(unexpected), "0", unexpected == 0)
    refused = sum(each.refused for each in phases)
    missing = sum(each.without_retry_after for each in phases)
    yield Verdict("refusals without Retry-After", f"{missing} of {refused:,}", "0", missing == 0)
    ended = found.environments_ended
    yield Verdict("environments that ended", str(ended), "0", ended == 0)


def _memory(found: LoadResult) -> Iterator[Verdict]:
    sums = {"environments": found.memory.environments_mb, "local cloud": found.memory.cloud_mb}
    for name, samples in sums.items():
        _, second, _, last = held = median_by_quarter(samples)
        text = " ".join(f"{each:.0f}" for each in held)
        limit = f"4th <= {MEMORY_GROWTH} x 2nd"
        yield Verdict(f"memory, {name}: MB by quarter", text, limit, last <= MEMORY_GROWTH * second)


def _times(found: LoadResult) -> Iterator[Verdict]:
    is_judged = found.minutes >= JUDGED_MINUTES
    share = found.steady.refused / max(len(found.steady), 1)
    limit = f"<= {STEADY_REFUSED:.0%}"
    yield Verdict("steady load refused", f"{share:.3%}", limit, share <= STEADY_REFUSED, is_judged)
    for name in found.steady.functions:
        text, ratio = _ratio(found.steady.times_s(name))
        yield Verdict(f"p99 to p50, {name}", text, f"<= {P99_TO_P50:g}", ratio <= P99_TO_P50, is_judged)
    text, ratio = _ratio(found.steady.times_s())
    yield Verdict("p99 to p50, all calls", text, "(a mix)", ratio <= P99_TO_P50, is_judged=False)
    back_s = find_recovery_s(found)
    text = "not seen" if back_s is None else f"{back_s:.2f} s"
    is_back = back_s is not None and back_s <= RECOVERY_S
    yield Verdict("recovery after the burst", text, f"<= {RECOVERY_S:g} s", is_back, is_judged)


def _ratio(ordered: list[float]) -> tuple[str, float]:
    p50, p99 = percentile(ordered, 50), percentile(ordered, 99)
    ratio = p99 / p50 if p50 else float("inf")
    return f"{ratio:.1f} ({p50 * 1000:.1f} -> {p99 * 1000:.1f} ms)", ratio


def to_json(found: LoadResult) -> dict[str, Any]:
    """The run as JSON."""
    verdicts = judge(found)
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
                "shown": calls.examples,
            }
            for name, calls in found.phases.items()
        },
        "steady_ms": {
            name: {f"p{percent}": round(percentile(times, percent) * 1000, 2) for percent in (50, 90, 99)}
            for name, times in steady.items()
        },
        "environments_mb": found.memory.environments_mb,
        "cloud_mb": found.memory.cloud_mb,
        "recovery_s": find_recovery_s(found),
        "verdict": [{"what": each.what, "found": each.found, "is": each.text} for each in verdicts],
        "passes": passes(verdicts),
    }
