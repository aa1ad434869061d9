"""What a file of lines costs: as a batch, beside a call for each line, an endpoint, and batch transform."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.cost.bill import LOG_BYTES_A_CALL
from bench.cost.call_length import seconds_per_call
from bench.cost.prices import MB_PER_GB, read_prices

if TYPE_CHECKING:
    from bench.cost.bill import Prices

ITEMS_A_BATCH, AT_ONCE = 16, 8
"""Of a stack with ``batch=true`` and no other choice."""
START_S = 10.0
"""An environment's start with its model, estimated; as many start as batches run at once."""
TRANSFORM_START_S = 300.0
"""Until batch transform's instance runs, which is billed; estimated."""
LINE_BYTES = 10_000
"""Of a line and its answer in the bucket, with a vector of 384 numbers."""


@dataclass(frozen=True)
class BatchUse:
    """A file of lines through one function."""

    task: str
    lines: int
    memory_mb: int
    items_a_batch: int = ITEMS_A_BATCH
    concurrency: int = AT_ONCE
    seconds_a_line: float | None = None
    """Measured or assumed by default, as for a call."""
    architecture: str = "x86_64"

    @property
    def seconds(self) -> tuple[float, str]:
        """Of a line, and where that is from."""
        return seconds_per_call(self.task, self.seconds_a_line)

    @property
    def calls(self) -> int:
        return math.ceil(self.lines / self.items_a_batch)

    @property
    def wall_s(self) -> float:
        """With all batches that may run at once, each in an environment that has to start."""
        at_once = max(1, min(self.concurrency, self.calls))
        return START_S + self.lines * self.seconds[0] / at_once


def batch_usd(use: BatchUse, prices: Prices) -> float:
    """US dollars: the function's time and calls, Express executions, the log, and a week in the bucket."""
    step, at_once = prices["step_functions"], max(1, min(use.concurrency, use.calls))
    work_s = use.lines * use.seconds[0]
    express_gb = step["express_memory_mb"] / MB_PER_GB
    stored_gb = use.lines * LINE_BYTES / 1e9
    return float(
        _lambda_usd(use, work_s + at_once * START_S, use.calls, prices)
        + use.calls / 1e6 * step["million_express_requests"]
        + work_s * express_gb * step["express_gb_second"]
        + step["thousand_transitions"] * 10 / 1000
        + stored_gb * prices["s3"]["gb_month"] * 7 / 30
    )


def single_calls_usd(use: BatchUse, prices: Prices) -> float:
    """The same with a call of the function for each line."""
    return _lambda_usd(use, use.lines * use.seconds[0], use.lines, prices)


def transform_usd(use: BatchUse, prices: Prices) -> float:
    """SageMaker batch transform on one instance, each vCPU as fast as one of the function's."""
    price = prices["sagemaker_batch"]
    seconds = TRANSFORM_START_S + use.lines * use.seconds[0] / price["vcpus"]
    return float(seconds / 3600 * price["hour"])


def _lambda_usd(use: BatchUse, seconds: float, calls: int, prices: Prices) -> float:
    price = prices["lambda"]
    time = seconds * use.memory_mb / MB_PER_GB * price["gb_second"][use.architecture]
    log = calls * LOG_BYTES_A_CALL / 1e9 * prices["cloudwatch"]["log_gb"]
    return float(time + calls / 1e6 * price["million_requests"] + log)


def describe(use: BatchUse) -> str:
    """The estimate in a sentence or two, before anything begins."""
    seconds, known = use.seconds
    usd = batch_usd(use, read_prices())
    return (
        f"{use.lines:,} lines in {use.calls:,} batches, {use.concurrency} at once: in AWS about "
        f"{_duration(use.wall_s)} and {usd:,.4f} USD,\n"
        f"at {seconds:.3f} s a line ({known}); on this machine nothing, at its own speed"
    )


def batch_table(use: BatchUse, prices: Prices) -> str:
    """The comparison in Markdown."""
    month = prices["hf_endpoint"]["hour"] * prices["hours_a_month"]
    rows = [
        (f"batch, {use.items_a_batch} lines a call", batch_usd(use, prices)),
        ("a call for each line", single_calls_usd(use, prices)),
        (f"SageMaker batch transform ({prices['sagemaker_batch']['name']})", transform_usd(use, prices)),
        (f"an endpoint, always on for a month ({prices['hf_endpoint']['name']})", month),
    ]
    seconds, known = use.seconds
    rule = "|---|---:|"
    text = "".join(f"| {what} | {usd:,.2f} |\n" for what, usd in rows)
    return (
        f"| {use.lines:,} lines through `{use.task}` | US dollars |\n{rule}\n{text}\n"
        f"- {seconds:.4g} s a line ({known}), {use.memory_mb:,} MB; each vCPU is taken to be as fast.\n"
        f"- With {use.concurrency} batches at once it takes about {_duration(use.wall_s)}.\n"
    )


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"
