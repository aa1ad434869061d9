"""The cost of the same calls elsewhere, and the break-even with an endpoint that is always on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bench.cost.bill import IMAGE_GB, LOG_BYTES_A_CALL, BillLine, MonthlyUse, Prices
from bench.cost.prices import MB_PER_GB

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PAYLOAD_BYTES = 2_000
"""Request and response of one call."""
SAMPLE_GATEWAYS = 2
"""The default of ``ec2.Vpc(max_azs=2)``: one for each zone."""
SAMPLE_MEMORY_MB = 8096
SAMPLE_MODEL_GB = 0.27


def sagemaker_serverless(memory_mb: int, use: MonthlyUse, prices: Prices) -> BillLine | None:
    """The cost at the next larger memory size; ``None`` if the function has more memory than the largest."""
    price = prices["sagemaker_serverless"]
    size_gb = math.ceil(memory_mb / MB_PER_GB)
    if size_gb * MB_PER_GB > price["most_memory_mb"]:
        return None
    calls = use.calls_a_month(prices)
    time = calls * use.seconds_per_call * size_gb * price["gb_second"]
    data = calls * PAYLOAD_BYTES / 1e9 * price["data_gb"]
    return BillLine(f"SageMaker Serverless, {size_gb} GB", 0, time + data)


def hf_endpoint(prices: Prices) -> BillLine:
    """The smallest endpoint that is always on; each model needs its own."""
    price = prices["hf_endpoint"]
    month = price["hour"] * prices["hours_a_month"]
    return BillLine(f"HF Inference Endpoint, always on ({price['name']})", month, month)


def aws_sample(use: MonthlyUse, prices: Prices) -> BillLine:
    """The AWS sample by its template: two NAT gateways, 8096 MB, no lifecycle rule on EFS."""
    hours, calls = prices["hours_a_month"], use.calls_a_month(prices)
    gateway_hour = prices["vpc"]["nat_gateway_hour"] + prices["vpc"]["public_ipv4_hour"]
    idle = (
        SAMPLE_GATEWAYS * gateway_hour * hours
        + SAMPLE_MODEL_GB * prices["efs"]["gb_month"]
        + IMAGE_GB * prices["ecr"]["gb_month"]
    )
    gb_seconds = calls * use.seconds_per_call * SAMPLE_MEMORY_MB / MB_PER_GB
    lambda_ = gb_seconds * prices["lambda"]["gb_second"]["x86_64"]
    requests = calls / 1e6 * prices["lambda"]["million_requests"]
    log = calls * LOG_BYTES_A_CALL / 1e9 * prices["cloudwatch"]["log_gb"]
    return BillLine("the AWS sample (2 NAT gateways, 8,096 MB)", idle, idle + lambda_ + requests + log)


def free_tier_usd(gb_seconds: float, calls: float, kind: str, prices: Prices) -> float:
    """The value of Lambda's permanent free tier, if nothing else in the account uses it."""
    free, price = prices["lambda"]["free"], prices["lambda"]
    requests = min(calls / 1e6, free["million_requests"]) * price["million_requests"]
    return float(requests + min(gb_seconds, free["gb_seconds"]) * price["gb_second"][kind])


def break_even_calls_per_s(cost: Callable[[float], float], always_on: float) -> float | None:
    """Calls per second from which ``cost`` exceeds the price ``always_on``; ``None`` if it always does."""
    low, high = 0.0, 1.0
    if cost(low) >= always_on:
        return None
    while cost(high) < always_on:
        high *= 2
    while high - low > 1e-6 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if cost(middle) < always_on else (low, middle)
    return high


def total(bill: Sequence[BillLine]) -> BillLine:
    return BillLine("in all", sum(line.idle for line in bill), sum(line.in_use for line in bill))


def sources(prices: Prices) -> list[str]:
    """The source page of each section of prices, and which of them were checked."""
    found = []
    for section in (each for each in prices.values() if isinstance(each, dict)):
        unchecked = section.get("not_checked", [])
        but = f"; not checked: {', '.join(unchecked)}" if unchecked else ""
        found.append(f"{section.get('source', prices['source'])} (checked: {section['checked']}{but})")
    return found
