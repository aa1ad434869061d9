"""The Lambda entry point of the ``cache`` function. It has no URL: IAM decides who may call it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from inference.jobs.walls import hide
from inference.maintenance.service import Maintenance
from inference.maintenance.settings import MaintenanceSettings

if TYPE_CHECKING:
    from inference.deadline import LambdaContext

hide()
MAINTENANCE = Maintenance(MaintenanceSettings.from_env(os.environ))


def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Handle one event; Lambda calls this."""
    return MAINTENANCE(event, context)
