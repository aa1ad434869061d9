"""The Lambda entry point of the ``cache`` function; it has no URL, so IAM decides who may call it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from inference.maintenance.service import Maintenance
from inference.maintenance.settings import MaintenanceSettings

if TYPE_CHECKING:
    from inference.deadline import LambdaContext

MAINTENANCE = Maintenance(MaintenanceSettings.from_env(os.environ))


def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    """What Lambda calls."""
    return MAINTENANCE(event, context)
