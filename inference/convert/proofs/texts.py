"""The texts that every text model proves itself on, besides its task's examples; written for this project."""

from __future__ import annotations

from pathlib import Path


def read() -> list[str]:
    """At least 256 texts of varied length."""
    return Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines()
