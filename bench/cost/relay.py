"""What a relay costs: making every model once a month, the bucket, and its events."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.cost.prices import DAYS_A_MONTH, EFS_GB, MB_PER_GB
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
LATE_DAYS = 1
"""At most: EFS moves files, and S3 expires them, some time after the day that their rule names."""


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
    kept_months = _months(stack.artifact_days())
    return {
        "EFS, new models' first days": _first_days_usd(stack, made, prices["efs"]),
        "Lambda, the factory": made.factory_s * a_second,
        "S3, models on their way": made.served_gb * kept_months * s3["gb_month"],
        "S3, requests": made.puts / 1000 * s3["thousand_puts"],
        "EventBridge, events": made.events / 1e6 * prices["eventbridge"]["million_events"],
        "VPC, endpoint of the bucket": 0.0,
    }


def _months(days: int) -> float:
    """The share of the month in which a rule of so many days leaves files where they are."""
    return min(1.0, (days + LATE_DAYS) / DAYS_A_MONTH)


def _first_days_usd(stack: StackTemplate, made: Preparation, efs: dict[str, float]) -> float:
    """What new models cost beyond the class that they end in: the standard class before, and the move."""
    months = _months(stack.infrequent_days())
    a_gb = months * (efs["gb_month"] - efs["infrequent_gb_month"])
    if months < 1:
        a_gb += efs["infrequent_access_gb"]
    return made.served_gb * EFS_GB * a_gb


def relay_facts(stack: StackTemplate, idle_usd: float, prices: dict[str, Any]) -> list[str]:
    """What the bill with a relay assumes, and what other months cost."""
    made, efs = Preparation.of(stack), prices["efs"]
    making = sum(relay_usd(stack, made, prices).values())
    standard_usd = made.served_gb * EFS_GB * efs["gb_month"]
    days = stack.infrequent_days() + LATE_DAYS
    return [
        f"Every model is made once in the month: {made.models}, with {made.served_gb:.1f} GB, in "
        f"{made.factory_s:,.0f} s of the factory (bench/cost/models.toml). That is {making:.2f} of the idle "
        f"price; a month in which nothing is made costs {idle_usd - making:.2f}.",
        f"Idle, nobody calls a model. EFS has a new one in its standard class for {days} days, and then in "
        "the one for infrequent access. If all were called every day, they would be "
        f"{standard_usd:.2f} a month.",
        f"A first call after such a rest reads the model there: {efs['infrequent_access_gb']:.2f} a GB, and "
        "as much for the move back.",
        "The gateway endpoint of the bucket costs nothing.",
    ]
