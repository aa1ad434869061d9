"""What a synthesized stack costs a month, line by line: as it lies there, and with calls to one function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.cost import MB_PER_GB
from bench.deployed import Deployed, architecture, memory_gb

if TYPE_CHECKING:
    from collections.abc import Iterator

Prices = dict[str, Any]

WAY_OUT = "VPC, "
"""How lines about the network begin, which all functions share."""
FREE_EPHEMERAL_MB = 512
IMAGE_GB = 1.33
"""As measured uncompressed; the registry bills what is left of it when compressed."""
MODEL_GB = 0.34
"""DistilBERT: 0.27 as it comes from the Hub, 0.07 as it is served."""
SERVED_GB = 0.07
COLD_SHARE = 0.01
"""Of the calls; each start reads the model that is served."""
LOG_BYTES_A_CALL = 900
"""Our line of some 550 bytes, and what Lambda writes around it."""
METRICS_OF_A_TASK = 2
"""That a function sends in every hour with calls: time of inference and tokens."""
DAYS_A_MONTH = 365 / 12


@dataclass(frozen=True)
class Use:
    """Calls to one task's function, evenly over the month."""

    task: str
    calls_per_s: float
    seconds_per_call: float

    def calls_a_month(self, prices: Prices) -> float:
        return float(self.calls_per_s * 3600 * prices["hours_a_month"])


@dataclass(frozen=True)
class Line:
    """One line of the bill, in US dollars a month."""

    what: str
    idle: float
    in_use: float


def lines(template: dict[str, Any], use: Use, prices: Prices) -> list[Line]:
    """The whole bill; lines that are nothing are left out."""
    stack = Deployed(template)
    found = [
        *_network(stack, prices),
        *_stored(stack, use, prices),
        *_calls(stack, use, prices),
        *_watched(stack, use, prices),
    ]
    return [line for line in found if line.idle or line.in_use]


def _network(stack: Deployed, prices: Prices) -> Iterator[Line]:
    hours = prices["hours_a_month"]
    gateways = stack.count("AWS::EC2::NatGateway") * prices["vpc"]["nat_gateway_hour"] * hours
    yield Line(f"{WAY_OUT}NAT gateway", gateways, gateways)
    addresses = stack.count("AWS::EC2::EIP") * prices["vpc"]["public_ipv4_hour"] * hours
    yield Line(f"{WAY_OUT}its public address", addresses, addresses)
    interfaces = sum(
        len(endpoint.get("SubnetIds", []))
        for endpoint in stack.all("AWS::EC2::VPCEndpoint")
        if endpoint.get("VpcEndpointType") == "Interface"
    )
    endpoints = interfaces * prices["privatelink"]["interface_endpoint_hour"] * hours
    yield Line(f"{WAY_OUT}interface endpoints", endpoints, endpoints)


def _stored(stack: Deployed, use: Use, prices: Prices) -> Iterator[Line]:
    """The model of the called function; a model that nobody ever called for is not on the cache."""
    efs = prices["efs"]
    for system in stack.all("AWS::EFS::FileSystem"):
        ages = any("TransitionToIA" in policy for policy in system.get("LifecyclePolicies", []))
        idle = efs["infrequent_gb_month"] if ages else efs["gb_month"]
        yield Line("EFS, the model", MODEL_GB * idle, MODEL_GB * efs["gb_month"])
        if system.get("ThroughputMode") == "elastic":
            read_gb = use.calls_a_month(prices) * COLD_SHARE * SERVED_GB
            yield Line("EFS, reading it at cold starts", 0, read_gb * efs["elastic_read_gb"])
    image = IMAGE_GB * prices["ecr"]["gb_month"]
    yield Line("ECR, the image (at most)", image, image)


def _calls(stack: Deployed, use: Use, prices: Prices) -> Iterator[Line]:
    function, price = stack.function(use.task), prices["lambda"]
    calls, kind = use.calls_a_month(prices), architecture(function)
    yield Line("Lambda, requests", 0, calls / 1e6 * price["million_requests"])
    seconds = calls * use.seconds_per_call
    ready = _share_ready(stack, function, use)
    a_gb_second = (1 - ready) * price["gb_second"][kind] + ready * price["provisioned_call_gb_second"][kind]
    yield Line("Lambda, time", 0, seconds * memory_gb(function) * a_gb_second)
    beyond_mb = max(0, function.get("EphemeralStorage", {}).get("Size", 0) - FREE_EPHEMERAL_MB)
    yield Line("Lambda, /tmp", 0, seconds * beyond_mb / MB_PER_GB * price["ephemeral_gb_second"])
    kept = sum(
        count * memory_gb(each) * price["provisioned_gb_second"][architecture(each)]
        for each, count in stack.kept_ready()
    )
    month_s = 3600 * prices["hours_a_month"]
    yield Line("Lambda, kept ready", kept * month_s, kept * month_s)


def _share_ready(stack: Deployed, function: dict[str, Any], use: Use) -> float:
    """Of the calls, how many environments that are kept ready can answer."""
    at_once = use.calls_per_s * use.seconds_per_call
    ready = sum(count for each, count in stack.kept_ready() if each is function)
    return min(1.0, ready / at_once) if at_once else 1.0


def _watched(stack: Deployed, use: Use, prices: Prices) -> Iterator[Line]:
    price, calls = prices["cloudwatch"], use.calls_a_month(prices)
    log_gb = calls * LOG_BYTES_A_CALL / 1e9
    kept_months = stack.all("AWS::Logs::LogGroup")[0]["RetentionInDays"] / DAYS_A_MONTH
    stored = log_gb * kept_months * price["log_gb_month"]
    yield Line("CloudWatch, log", 0, log_gb * price["log_gb"] + stored)
    yield Line("CloudWatch, metrics of ours", 0, METRICS_OF_A_TASK * price["metric"] if calls else 0)
    watched = sum(
        sum("MetricStat" in each for each in alarm.get("Metrics", [])) or 1
        for alarm in stack.all("AWS::CloudWatch::Alarm")
    )
    yield Line("CloudWatch, alarms", watched * price["alarm_metric"], watched * price["alarm_metric"])
    boards = stack.count("AWS::CloudWatch::Dashboard") * price["dashboard"]
    yield Line("CloudWatch, dashboard", boards, boards)
    keys = stack.count("AWS::KMS::Key") * prices["kms"]["key"]
    yield Line("KMS, key of the alarms' topic", keys, keys)
    if stack.function(use.task).get("TracingConfig", {}).get("Mode") == "Active":
        # Lambda traces one call a second, and one in twenty beyond.
        share = min(1.0, (1 + 0.05 * (use.calls_per_s - 1)) / use.calls_per_s) if use.calls_per_s > 1 else 1.0
        yield Line("X-Ray, traces", 0, calls * share / 1e6 * price["xray_million_traces"])
