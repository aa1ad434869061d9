"""What a synthesized stack costs a month, line by line: idle, and with calls to one function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.cost.prices import DAYS_A_MONTH, EFS_GB, MB_PER_GB
from bench.cost.relay import Preparation, relay_usd
from bench.cost.stack_template import StackTemplate, architecture, memory_gb

if TYPE_CHECKING:
    from collections.abc import Iterator

Prices = dict[str, Any]

NETWORK = "VPC, "
"""How the lines about the network begin. All functions share the network."""
FREE_EPHEMERAL_MB = 512
IMAGE_GB = 1.33
"""Measured uncompressed; the registry bills the smaller compressed image."""
MODEL_GB = 0.34
"""DistilBERT: 0.27 from the Hub and 0.07 as it is served."""
SERVED_GB = 0.07
RELAY_IMAGES_GB = 0.39
"""Both images compressed with gzip, measured with a Debian base; a registry keeps common layers once."""
COLD_SHARE = 0.01
"""Share of calls with a cold start, which reads the served model."""
LOG_BYTES_A_CALL = 900
"""Our line of about 550 bytes and Lambda's own lines."""
METRICS_OF_A_TASK = 2
"""Metrics that a function sends in each hour with calls: inference time and tokens."""


@dataclass(frozen=True)
class MonthlyUse:
    """Calls to one task's function, evenly over the month."""

    task: str
    calls_per_s: float
    seconds_per_call: float

    def calls_a_month(self, prices: Prices) -> float:
        return float(self.calls_per_s * 3600 * prices["hours_a_month"])


@dataclass(frozen=True)
class BillLine:
    """One line of the bill, in US dollars a month."""

    what: str
    idle: float
    in_use: float


def lines(template: dict[str, Any], use: MonthlyUse, prices: Prices) -> list[BillLine]:
    """The whole bill, without lines of zero."""
    stack = StackTemplate(template)
    found = [
        *_network(stack, prices),
        *(_relay(stack, prices) if stack.is_relayed else _storage(stack, prices)),
        *_cold_starts(stack, use, prices),
        *_calls(stack, use, prices),
        *_monitoring(stack, use, prices),
    ]
    return [line for line in found if line.idle or line.in_use]


def _network(stack: StackTemplate, prices: Prices) -> Iterator[BillLine]:
    hours = prices["hours_a_month"]
    gateways = stack.count("AWS::EC2::NatGateway") * prices["vpc"]["nat_gateway_hour"] * hours
    yield BillLine(f"{NETWORK}NAT gateway", gateways, gateways)
    addresses = stack.count("AWS::EC2::EIP") * prices["vpc"]["public_ipv4_hour"] * hours
    yield BillLine(f"{NETWORK}its public address", addresses, addresses)
    interfaces = sum(
        len(endpoint.get("SubnetIds", []))
        for endpoint in stack.all("AWS::EC2::VPCEndpoint")
        if endpoint.get("VpcEndpointType") == "Interface"
    )
    endpoints = interfaces * prices["privatelink"]["interface_endpoint_hour"] * hours
    yield BillLine(f"{NETWORK}interface endpoints", endpoints, endpoints)


def _storage(stack: StackTemplate, prices: Prices) -> Iterator[BillLine]:
    """Storage of the called function's model and of the image. Models that nobody called are not stored."""
    efs = prices["efs"]
    for system in stack.all("AWS::EFS::FileSystem"):
        ages = any("TransitionToIA" in policy for policy in system.get("LifecyclePolicies", []))
        idle = efs["infrequent_gb_month"] if ages else efs["gb_month"]
        yield BillLine("EFS, the model", MODEL_GB * idle, MODEL_GB * efs["gb_month"])
    image = IMAGE_GB * prices["ecr"]["gb_month"]
    yield BillLine("ECR, the image (at most)", image, image)


def _cold_starts(stack: StackTemplate, use: MonthlyUse, prices: Prices) -> Iterator[BillLine]:
    if any(system.get("ThroughputMode") == "elastic" for system in stack.all("AWS::EFS::FileSystem")):
        read_gb = use.calls_a_month(prices) * COLD_SHARE * SERVED_GB
        yield BillLine("EFS, reading it at cold starts", 0, read_gb * prices["efs"]["elastic_read_gb"])


def _relay(stack: StackTemplate, prices: Prices) -> Iterator[BillLine]:
    """Storage of all models, as they are served, and what making each of them once a month takes."""
    made, efs = Preparation.of(stack), prices["efs"]
    all_gb, called_gb = made.served_gb * EFS_GB, SERVED_GB * EFS_GB
    infrequent, standard = efs["infrequent_gb_month"], efs["gb_month"]
    in_use = (all_gb - called_gb) * infrequent + called_gb * standard
    yield BillLine("EFS, all models", all_gb * infrequent, in_use)
    images = RELAY_IMAGES_GB * prices["ecr"]["gb_month"]
    yield BillLine("ECR, both images", images, images)
    for what, usd in relay_usd(stack, made, prices).items():
        yield BillLine(what, usd, usd)


def _calls(stack: StackTemplate, use: MonthlyUse, prices: Prices) -> Iterator[BillLine]:
    function, price = stack.function(use.task), prices["lambda"]
    calls, kind = use.calls_a_month(prices), architecture(function)
    yield BillLine("Lambda, requests", 0, calls / 1e6 * price["million_requests"])
    seconds = calls * use.seconds_per_call
    ready = _provisioned_share(stack, function, use)
    a_gb_second = (1 - ready) * price["gb_second"][kind] + ready * price["provisioned_call_gb_second"][kind]
    yield BillLine("Lambda, time", 0, seconds * memory_gb(function) * a_gb_second)
    beyond_mb = max(0, function.get("EphemeralStorage", {}).get("Size", 0) - FREE_EPHEMERAL_MB)
    yield BillLine("Lambda, /tmp", 0, seconds * beyond_mb / MB_PER_GB * price["ephemeral_gb_second"])
    kept = sum(
        count * memory_gb(each) * price["provisioned_gb_second"][architecture(each)]
        for each, count in stack.provisioned()
    )
    month_s = 3600 * prices["hours_a_month"]
    yield BillLine("Lambda, kept ready", kept * month_s, kept * month_s)


def _provisioned_share(stack: StackTemplate, function: dict[str, Any], use: MonthlyUse) -> float:
    """Share of the calls that environments with provisioned concurrency can answer."""
    at_once = use.calls_per_s * use.seconds_per_call
    ready = sum(count for each, count in stack.provisioned() if each is function)
    return min(1.0, ready / at_once) if at_once else 1.0


def _monitoring(stack: StackTemplate, use: MonthlyUse, prices: Prices) -> Iterator[BillLine]:
    price, calls = prices["cloudwatch"], use.calls_a_month(prices)
    log_gb = calls * LOG_BYTES_A_CALL / 1e9
    kept_months = stack.all("AWS::Logs::LogGroup")[0]["RetentionInDays"] / DAYS_A_MONTH
    stored = log_gb * kept_months * price["log_gb_month"]
    yield BillLine("CloudWatch, log", 0, log_gb * price["log_gb"] + stored)
    yield BillLine("CloudWatch, metrics of ours", 0, METRICS_OF_A_TASK * price["metric"] if calls else 0)
    watched = sum(
        sum("MetricStat" in each for each in alarm.get("Metrics", [])) or 1
        for alarm in stack.all("AWS::CloudWatch::Alarm")
    )
    yield BillLine("CloudWatch, alarms", watched * price["alarm_metric"], watched * price["alarm_metric"])
    boards = stack.count("AWS::CloudWatch::Dashboard") * price["dashboard"]
    yield BillLine("CloudWatch, dashboard", boards, boards)
    keys = stack.count("AWS::KMS::Key") * prices["kms"]["key"]
    yield BillLine("KMS, key of the alarms' topic", keys, keys)
    if stack.function(use.task).get("TracingConfig", {}).get("Mode") == "Active":
        # Lambda traces the first call of each second, and one in twenty of the others.
        share = min(1.0, (1 + 0.05 * (use.calls_per_s - 1)) / use.calls_per_s) if use.calls_per_s > 1 else 1.0
        yield BillLine("X-Ray, traces", 0, calls * share / 1e6 * price["xray_million_traces"])
