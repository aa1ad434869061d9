"""Benchmarks: speed next to a plain pipeline, behaviour under load, and cost."""
