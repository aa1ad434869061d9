"""A child that starts a process of its own, says which, and then works for longer than anybody waits."""

import subprocess
import sys
import time
from dataclasses import dataclass

from inference.jobs.process import emit, read_job

FOREVER_S = 600


@dataclass(frozen=True)
class SpawningJob:
    """Whether it ends at once, while what it started goes on."""

    ends: bool


def main() -> None:
    job = read_job(SpawningJob)
    started = subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({FOREVER_S})"])
    emit(stage=str(started.pid))
    if job.ends:
        emit(done=str(started.pid))
        return
    time.sleep(FOREVER_S)


if __name__ == "__main__":
    main()
