"""A function of the local cloud with a handler that misbehaves."""

from __future__ import annotations

from inference.tasks import all_tasks
from local.cloud.template import LocalFunction

FUNCTION = LocalFunction(
    name="faulty",
    full_name="hublet-faulty",
    task=all_tasks()[0],
    memory_mb=512,
    timeout_s=20,
    environment={"TASK": "sentiment", "MODEL_CACHE": "/mnt/models", "CUSTOM": "1"},
    mount_path="/mnt/models",
    reserved_concurrency=2,
    handler="tests.support.handlers.faulty.handler",
)
