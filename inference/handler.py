"""The Lambda entry point: the TASK variable picks the task; nothing is downloaded at import."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from inference import doors
from inference.errors import HubletError
from inference.jobs.walls import hide
from inference.runtime.restart import RECYCLED, start_over_between_events
from inference.runtime.spare_memory import SpareMemory
from inference.serve import Service
from inference.settings import Settings, usable_cores
from inference.tasks import get_task

if TYPE_CHECKING:
    from inference.deadline import LambdaContext

SETTINGS = Settings.from_env(os.environ, usable_cores())
SERVICE = Service(get_task(SETTINGS.task), SETTINGS)
start_over_between_events(lambda: SERVICE.is_stuck, SERVICE.warn, SpareMemory().give_back)
hide()  # a model's own files are worked on by children, which must not read the credentials here
if RECYCLED not in os.environ:
    SERVICE.start()


def handler(event: Any, context: LambdaContext) -> Any:
    """What Lambda calls."""
    try:
        batch = doors.serve_batch(event, lambda each: SERVICE(each, context))
        if batch is not None:
            return batch
        if door := doors.find(event):
            return door.answer(event, context, SERVICE)
        return SERVICE(event, context)
    except HubletError as error:
        raise error.with_traceback(None) from None  # frames say nothing to a caller
