"""The floor: bare scripts that load our artifact with the same engine, answer, and do nothing else.

Each module's ``load(folder, threads)`` gives a function from a request's ``inputs`` to an answer.
"""
