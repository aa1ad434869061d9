"""``python -m bench.speed.baseline KIND ARTIFACT THREADS``: load a model and answer, nothing else.

Each line on standard input is ``{"inputs": ..., "calls": n}``; each line out
``{"seconds": [...], "answer": ...}``.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path


def main() -> None:
    """Load the model, then answer line by line with the seconds of each call."""
    kind, folder, threads = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    answer = importlib.import_module(f"bench.speed.baselines.{kind}").load(folder, threads)
    for line in sys.stdin:
        asked = json.loads(line)
        times_s, given = [], None
        for _ in range(asked["calls"]):
            started_s = time.perf_counter()
            given = answer(asked["inputs"])
            times_s.append(time.perf_counter() - started_s)
        print(json.dumps({"seconds": times_s, "answer": given}), flush=True)


if __name__ == "__main__":
    main()
