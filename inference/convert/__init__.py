"""Snapshot -> artifact, in a child process: torch never enters the serving process for it."""
