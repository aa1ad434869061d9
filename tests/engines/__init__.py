"""Engines against fp32 torch, on tiny models built here."""
