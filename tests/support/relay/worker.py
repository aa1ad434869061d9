"""One event of the factory or of the cache function as a process, with waits of seconds for minutes.

``python -m tests.support.relay.worker JSON``.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.factory import making, reporter
from inference.factory.lease import MakingLease
from inference.factory.service import Factory
from inference.factory.settings import FactorySettings
from inference.maintenance import shelving
from inference.maintenance.service import Maintenance
from inference.maintenance.settings import MaintenanceSettings
from tests.support.context import FakeContext
from tests.support.relay.subject import TASK

if TYPE_CHECKING:
    from collections.abc import Callable

LEASE_STALE_S, LEASE_HEARTBEAT_S = 4.0, 0.5
BACKOFF_S = 0.5
WITHIN_S = 40.0


def main() -> int:
    job: dict[str, Any] = json.loads(sys.argv[1])
    function = _factory(job) if job["function"] == "factory" else _cache(job)
    try:
        print(json.dumps(function(job["event"], FakeContext(WITHIN_S))), flush=True)
    except Exception as error:  # as Lambda reports it
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
    return 0


def _factory(job: dict[str, Any]) -> Callable[..., Any]:
    take = partial(MakingLease.take, stale_s=LEASE_STALE_S, heartbeat_s=LEASE_HEARTBEAT_S)
    MakingLease.take = take  # type: ignore[method-assign]
    making.backoff_s = lambda count: BACKOFF_S  # type: ignore[attr-defined]
    making.WORK = f"hublet-{job['environment']}"
    reporter.EVERY_S, reporter.HEARTBEAT_S = 0.2, 0.5
    settings = FactorySettings(
        bucket=job["bucket"],
        hub_url=job["hub_url"],
        tasks=(TASK,),
        memory_mb=4096,
        child_environment={},
        log_level="ERROR",
    )
    return Factory(settings)


def _cache(job: dict[str, Any]) -> Callable[..., Any]:
    shelving.BACKOFF_S = BACKOFF_S
    settings = MaintenanceSettings(Path(job["cache"]), (TASK,), log_level="CRITICAL", bucket=job["bucket"])
    return Maintenance(settings)


if __name__ == "__main__":
    sys.exit(main())
