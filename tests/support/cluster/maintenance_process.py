"""The cache function as a process: one event after another.

``python -m tests.support.cluster.maintenance_process JSON``.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from pathlib import Path
from typing import Any

from inference.errors import ModelInUse
from inference.maintenance.service import Maintenance
from inference.maintenance.settings import MaintenanceSettings
from tests.support.context import FakeContext


def main() -> int:
    job: dict[str, Any] = json.loads(sys.argv[1])
    for event in job["events"]:
        time.sleep(event.pop("after_s"))
        try:
            keep(Path(job["cache"]), event)
        except ModelInUse:
            print(json.dumps({"in_use": event}), flush=True)
        else:
            print(json.dumps({"done": event}), flush=True)
    return 0


def keep(cache: Path, event: dict[str, Any]) -> dict[str, Any]:
    """One event, delivered once."""
    settings = MaintenanceSettings(cache, (), log_level="CRITICAL")
    maintenance = Maintenance(settings, lambda name, payload: None)
    return maintenance(event, FakeContext(900, uuid.uuid4().hex))


if __name__ == "__main__":
    sys.exit(main())
