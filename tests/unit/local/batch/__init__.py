"""Batch over files, without environments."""
