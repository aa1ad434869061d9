"""Measure the demo models on text and digits that they never saw."""
