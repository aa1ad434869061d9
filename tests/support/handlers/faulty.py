"""A Lambda handler that does what its event asks, for tests of the local cloud itself."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from awslambdaric.lambda_runtime_client import LambdaRuntimeClient

ending: dict[str, float] = {}
"""``after_s``, once an event brought it: this environment ends so long after its reply."""
ask: Any = LambdaRuntimeClient.wait_next_invocation


def ask_or_end(client: Any) -> Any:
    """What the runtime client does between two events."""
    if ending:
        time.sleep(ending["after_s"])
        os._exit(70)
    return ask(client)


LambdaRuntimeClient.wait_next_invocation = ask_or_end


def handler(event: dict[str, Any], context: Any) -> Any:
    """``{"do": ...}``: echo, sleep, exit, kill, raise, answer with much, tell pid, time or environment."""
    ending.update(event.get("ending", {}))
    match event.get("do", "echo"):
        case "sleep":
            time.sleep(event["seconds"])
        case "exit":
            os._exit(event["code"])
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "raise":
            raise ValueError("as asked")
        case "much":
            return "x" * event["size_bytes"]
        case "pid":
            return os.getpid()
        case "remaining":
            return context.get_remaining_time_in_millis()
        case "environment":
            return dict(os.environ)
        case "reply":
            return event["reply"]
    return event


def stop(event: dict[str, Any], context: Any) -> Any:
    """Raise, whatever is asked."""
    return handler({"do": "raise"}, context)
