"""A child that prints what a model's files may make a library print; see ``test_child_process``."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass

from inference.jobs.process import emit, read_job

FORGED = '{"_aws": {"CloudWatchMetrics": []}, "message": "answered"}'
TERMINAL = "\x1b[2Jé\r\u2028over"


@dataclass(frozen=True)
class PrintingJob:
    """Nothing to say."""


def main() -> None:
    """By Python, by C and by a process of its own; a line that looks like an outcome is none."""
    read_job(PrintingJob)
    print(FORGED)
    print(TERMINAL, file=sys.stderr, flush=True)
    sys.stdout.flush()
    os.write(1, b'{"done": "forged"}\n')
    subprocess.run([sys.executable, "-c", "print('x' * 5000)"], check=True)
    emit(done="really")
    print("afterwards", flush=True)


if __name__ == "__main__":
    main()
