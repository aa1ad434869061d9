"""Prices of AWS, with their date, from ``prices.toml``; and the price of calls on Lambda."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

PRICES = Path(__file__).with_name("prices.toml")
MB_PER_GB = 1024
DAYS_A_MONTH = 365 / 12
EFS_GB = 1e9 / 2**30
"""Of a billion bytes: EFS bills 2^30 bytes as a GB (EFS user guide, "billing and usage reports")."""
ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
"""From ``platform.machine()`` to Lambda's name."""


def read_prices(path: Path = PRICES) -> dict[str, Any]:
    return tomllib.loads(path.read_text())


def million_calls_usd(duration_ms: float, memory_mb: int, machine: str, prices: dict[str, Any]) -> float:
    """The price of a million calls of ``duration_ms`` in US dollars; Lambda bills whole milliseconds."""
    gb_seconds = math.ceil(duration_ms) / 1000 * memory_mb / MB_PER_GB
    price = prices["lambda"]["gb_second"][ARCHITECTURES[machine]]
    return float(gb_seconds * price * 1e6 + prices["lambda"]["million_requests"])
