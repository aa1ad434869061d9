"""Texts that the demo models are trained and measured on, made by rules and word lists of this project."""
