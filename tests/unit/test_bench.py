"""The benchmark's arithmetic; its figures are never asserted."""

from __future__ import annotations

import pytest

from bench.report import markdown, ratios

ROW = {
    "model": "tiny",
    "form": "onnx int8",
    "first_invoke_s": 9.0,
    "cold_s": [
        {"ours": 0.5, "peer": 5.0, "floor": 0.4},
        {"ours": 0.5, "peer": 4.0, "floor": 0.5},
        {"ours": 0.5, "peer": 9.0, "floor": 0.5},
    ],
    "warm_ms": [
        {
            "tokens": 128,
            "ours": {"p50": 10.0, "p95": 12.0},
            "peer": {"p50": 40.0, "p95": 50.0},
            "floor": {"p50": 8.0, "p95": 9.0},
        }
    ],
    "batch_of_16_ms": {"ours": 100.0, "peer": 300.0},
    "peak_memory_mb": {"ours": 200.0, "peer": 500.0},
    "model_bytes": {"ours": 50_000_000, "peer": 200_000_000},
}


def test_ratios_are_medians_of_pairs() -> None:
    found = ratios(ROW)
    assert found == pytest.approx(
        {
            "cold_faster": 10.0,
            "cold_faster_at_100_MB_per_s": 7.0,
            "cold_to_floor": 1.0,
            "warm_faster": 4.0,
            "warm_to_floor": 1.25,
            "memory": 0.4,
            "bytes": 0.25,
        }
    )


def test_the_table_has_a_line_a_model() -> None:
    machine = {"cores": 2, "cpu": "any", "vnni": True, "measured": "2026-01-01"}
    text = markdown({"machine": machine, "rows": [ROW, ROW]})
    assert text.count("| tiny |") == 2
    assert {line.count("|") for line in text.splitlines() if line.startswith("|")} == {11}
