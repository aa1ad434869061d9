"""How likely a model held the tokens that it drew."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TokenScore:
    """One drawn token."""

    token: str
    """Its text, which may be part of a character only."""
    logprob: float
    """Natural logarithm of its probability."""
    likeliest: tuple[tuple[str, float], ...] = ()
    """The likeliest tokens at its place with theirs, likeliest first; as many as were asked for."""
