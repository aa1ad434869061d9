"""One case of the benchmark, with figures that make round ratios."""

from __future__ import annotations

from typing import Any

CASE: dict[str, Any] = {
    "model": "distilbert",
    "task": "sentiment",
    "weights": "random",
    "engine": "onnx",
    "precision": "int8",
    "memory_mb": 1024,
    "architecture": "x86_64",
    "variables": {"CAP": "AVX2"},
    "first_invoke": {"s": 9.0, "peak_memory_mb": 750.0},
    "cold_s": [
        {"ours": 0.5, "peer": 5.0, "baseline": 0.4},
        {"ours": 0.5, "peer": 4.0, "baseline": 0.5},
        {"ours": 0.5, "peer": 9.0, "baseline": 0.5},
    ],
    "uncached": {
        "bytes_per_s": 100_000_000,
        "pairs": None,
        "fetched_bytes": {"ours": 50_000_000, "peer": 200_000_000, "baseline": 50_000_000},
    },
    "warm_ms": [
        {
            "label": "128 tokens",
            "output_tokens": None,
            "blocks": [
                {"ours": 10.0, "inference": 9.0, "peer": 40.0, "baseline": 8.0},
                {"ours": 10.0, "inference": 8.0, "peer": 30.0, "baseline": 10.0},
                {"ours": 10.0, "inference": 7.5, "peer": 90.0, "baseline": 5.0},
            ],
            "p50": {"ours": 10.0, "peer": 40.0, "baseline": 8.0},
            "p95": {"ours": 12.0, "peer": 50.0, "baseline": 9.0},
        }
    ],
    "peak_memory_mb": {"ours": 200.0, "peer": 500.0, "baseline": 160.0},
}
