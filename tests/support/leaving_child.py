"""A child that leaves a temporary file behind: it says where, then ends well or dies."""

import os
import tempfile
from dataclasses import dataclass

from inference.jobs.process import emit, read_job


@dataclass(frozen=True)
class LeavingJob:
    """Whether it dies."""

    dies: bool


def main() -> None:
    job = read_job(LeavingJob)
    descriptor, path = tempfile.mkstemp()
    emit(stage=path)
    if job.dies:
        os.abort()
    emit(done=path)


if __name__ == "__main__":
    main()
