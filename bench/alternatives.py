"""The same calls elsewhere, and from how many on an endpoint that is always on costs less."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bench.bill import IMAGE_GB, LOG_BYTES_A_CALL, Line, Prices, Use
from bench.cost import MB_PER_GB

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PAYLOAD_BYTES = 2_000
"""Of a call, question and answer."""
SAMPLE_GATEWAYS = 2
"""What ``ec2.Vpc(max_azs=2)`` makes where nobody says how many: one a zone."""
SAMPLE_MEMORY_MB = 8096
SAMPLE_MODEL_GB = 0.27


def sagemaker_serverless(memory_mb: int, use: Use, prices: Prices) -> Line | None:
    """At the next of its sizes; none where the function has more memory than the largest."""
    price = prices["sagemaker_serverless"]
    size_gb = math.ceil(memory_mb / MB_PER_GB)
    if size_gb * MB_PER_GB > price["most_memory_mb"]:
        return None
    calls = use.calls_a_month(prices)
    time = calls * use.seconds_per_call * size_gb * price["gb_second"]
    data = calls * PAYLOAD_BYTES / 1e9 * price["data_gb"]
    return Line(f"SageMaker Serverless, {size_gb} GB", 0, time + data)


def hf_endpoint(prices: Prices) -> Line:
    """The smallest that is always on; one for each model."""
    price = prices["hf_endpoint"]
    month = price["hour"] * prices["hours_a_month"]
    return Line(f"HF Inference Endpoint, always on ({price['name']})", month, month)


def aws_sample(use: Use, prices: Prices) -> Line:
    """The AWS sample by its template: a gateway in each of two zones, 8096 MB, no lifecycle on EFS."""
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
    return Line("the AWS sample (2 NAT gateways, 8,096 MB)", idle, idle + lambda_ + requests + log)


def free_tier(gb_seconds: float, calls: float, kind: str, prices: Prices) -> float:
    """What Lambda's lasting free tier takes off, if nothing else in the account uses it."""
    free, price = prices["lambda"]["free"], prices["lambda"]
    requests = min(calls / 1e6, free["million_requests"]) * price["million_requests"]
    return float(requests + min(gb_seconds, free["gb_seconds"]) * price["gb_second"][kind])


def break_even_calls_per_s(cost: Callable[[float], float], always_on: float) -> float | None:
    """From how many calls per second on ``cost`` is above the other's price; None where it always is."""
    low, high = 0.0, 1.0
    if cost(low) >= always_on:
        return None
    while cost(high) < always_on:
        high *= 2
    while high - low > 1e-6 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if cost(middle) < always_on else (low, middle)
    return high


def total(bill: Sequence[Line]) -> Line:
    return Line("in all", sum(line.idle for line in bill), sum(line.in_use for line in bill))


def sources(prices: Prices) -> list[str]:
    """Each section's page, how far it could be checked, and what of it could not."""
    found = []
    for section in (each for each in prices.values() if isinstance(each, dict)):
        unchecked = section.get("not_checked", [])
        but = f"; not checked: {', '.join(unchecked)}" if unchecked else ""
        found.append(f"{section.get('source', prices['source'])} (checked: {section['checked']}{but})")
    return found
