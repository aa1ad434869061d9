"""Clients that people have, each asked for all that it can do: ``make clients``."""
