"""The baseline: scripts that load our artifact with the same engine and answer, nothing else.

Each module has ``load(folder, threads)``, which returns a function from a request's ``inputs`` to an answer.
"""
