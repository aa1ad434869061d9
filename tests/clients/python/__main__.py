"""``python -m tests.clients.python URL CLIENT [NAME...]``: one line of JSON for each thing that was asked.

It runs in the clients' own environment, which has nothing of the project's.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
import time
import traceback


def main(url: str, client: str, *names: str) -> None:
    """Ask for everything, or for what is named."""
    module = importlib.import_module(f"tests.clients.python.{client}")
    functions = {
        name: function
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }
    for name, function in functions.items():
        if names and name not in names:
            continue
        started_s = time.monotonic()
        try:
            function(url)
            error = None
        except BaseException as raised:
            traceback.print_exc()
            error = f"{type(raised).__name__}: {raised}"
        took_s = round(time.monotonic() - started_s, 2)
        print(json.dumps({"name": name, "error": error, "took_s": took_s}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
