"""Serving: models in memory, the worker thread, deadlines, and what is logged of a request."""
