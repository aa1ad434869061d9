"""What a relay costs: making every model once a month, the bucket, and its events."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.cost.prices import MB_PER_GB
from bench.cost.stack_template import architecture, memory_gb

if TYPE_CHECKING:
    from bench.cost.stack_template import StackTemplate

MODELS = Path(__file__).with_name("models.toml")
UNKNOWN = "distilbert/distilbert-base-uncased-finetuned-sst-2-english"
"""Stands in for a model that ``models.toml`` does not have."""
START_S = 15
"""A cold start of the factory: the full image, and torch in its child."""
LINE_GB_PER_S = 0.078
"""Lambda's 625 Mbps, from the Hub and to S3."""
PROGRESS_A_SECOND = 1 / 2 + 1 / 10
"""Documents that a making writes: how far it is, and the heartbeat of its lease."""
FILES = 12
"""Of an artifact, with its manifest and the request."""
PART_GB = 0.008
"""boto3 uploads a file in parts; each is a request, all of them one event."""
FREE_EPHEMERAL_GB = 0.5
DAYS_A_MONTH = 365 / 12


@dataclass(frozen=True)
class Preparation:
    """All models of a stack, each made once by the factory."""

    models: int
    served_gb: float
    factory_s: float

    @property
    def events(self) -> float:
        """Objects written; the bucket tells EventBridge of each."""
        return self.models * FILES + self.factory_s * PROGRESS_A_SECOND

    @property
    def puts(self) -> float:
        """Requests that write."""
        return self.events + self.served_gb / PART_GB

    @classmethod
    def of(cls, stack: StackTemplate) -> Preparation:
        """A model that two tasks share is made once."""
        table = tomllib.loads(MODELS.read_text())
        found = [table.get(model, table[UNKNOWN]) for model in stack.models()]
        return cls(len(found), sum(each["served"] for each in found), sum(map(_making_s, found)))


def _making_s(model: dict[str, Any]) -> float:
    moved_gb = model["hub"] + model["served"]
    return float(START_S + model["making_s"] + moved_gb / LINE_GB_PER_S)


def relay_usd(stack: StackTemplate, made: Preparation, prices: dict[str, Any]) -> dict[str, float]:
    """Line of the bill -> US dollars in a month in which every model is made once."""
    price, s3 = prices["lambda"], prices["s3"]
    factory = stack.factory()
    beyond_gb = factory["EphemeralStorage"]["Size"] / MB_PER_GB - FREE_EPHEMERAL_GB
    a_second = memory_gb(factory) * price["gb_second"][architecture(factory)]
    a_second += beyond_gb * price["ephemeral_gb_second"]
    kept_months = min(1.0, stack.artifact_days() / DAYS_A_MONTH)
    return {
        "Lambda, the factory": made.factory_s * a_second,
        "S3, models on their way": made.served_gb * kept_months * s3["gb_month"],
        "S3, requests": made.puts / 1000 * s3["thousand_puts"],
        "EventBridge, events": made.events / 1e6 * prices["eventbridge"]["million_events"],
        "VPC, endpoint of the bucket": 0.0,
    }


def relay_facts(stack: StackTemplate, idle_usd: float, prices: dict[str, Any]) -> list[str]:
    """What the bill with a relay assumes, and what other months cost."""
    made, efs = Preparation.of(stack), prices["efs"]
    making = sum(relay_usd(stack, made, prices).values())
    first_usd = made.served_gb * efs["gb_month"]
    return [
        f"Every model is made once in the month: {made.models}, with {made.served_gb:.1f} GB, in "
        f"{made.factory_s:,.0f} s of the factory (bench/cost/models.toml). That is {making:.2f} of the idle "
        f"price; a month in which nothing is made costs {idle_usd - making:.2f}.",
        "Idle, no model was called for 30 days. Until then, EFS keeps it in its standard class: all of them "
        f"are {first_usd:.2f} in that month.",
        "The gateway endpoint of the bucket costs nothing.",
    ]
