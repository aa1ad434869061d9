"""Manifests of artifacts that a test puts together itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from inference.cache.artifact import Manifest


def manifest(engine: str, head: str, **changes: Any) -> Manifest:
    """Of an artifact in fp32 without files; ``changes`` are fields that differ from that."""
    usual = Manifest(
        model="test/model",
        commit="a" * 40,
        head=head,
        engine=engine,
        asked="auto",
        precision="fp32",
        reason="made by a test",
        created="2026-01-01T00:00:00+00:00",
        seconds=0.0,
        files={},
        tools={},
    )
    return replace(usual, **changes)
