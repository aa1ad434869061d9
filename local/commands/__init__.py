"""Commands of the Makefile: run, invoke, cache, lock, key, events, pins."""
