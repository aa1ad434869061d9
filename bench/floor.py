"""``python -m bench.floor KIND ARTIFACT THREADS``: a script that only loads and answers.

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
    """Load, then answer: a line in, a line out, the times of its calls."""
    kind, folder, threads = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    answer = importlib.import_module(f"bench.floors.{kind}").load(folder, threads)
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
