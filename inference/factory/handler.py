"""The Lambda entry point of the factory. It has no URL: events of the bucket start it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from inference.factory.service import Factory
from inference.factory.settings import FactorySettings
from inference.jobs.walls import hide

if TYPE_CHECKING:
    from inference.deadline import LambdaContext

hide()  # before its first child: that one must not read the credentials here
FACTORY = Factory(FactorySettings.from_env(os.environ))


def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Handle one event; Lambda calls this."""
    return FACTORY(event, context)
