"""An environment with a stuck engine ends after its reply, so that the next event meets a fresh one."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

EXIT_CODE = 70


def end_between_events(is_stuck: Callable[[], bool], log: Callable[[str], None]) -> None:
    """Have Lambda's runtime client look, each time before it asks for an event, whether to end instead.

    Only there is the last reply on its way and the next event not yet taken: an exit before would lose the
    one, an exit after the other. A thread cannot be ended when it is in native code; a process can.
    """
    client: Any = sys.modules.get("awslambdaric.lambda_runtime_client")
    if client is None:  # not under that client: a test, or another host
        return
    ask = client.LambdaRuntimeClient.wait_next_invocation

    def ask_unless_stuck(self: Any) -> Any:
        if is_stuck():
            log("the engine is stuck; this environment ends")
            sys.stdout.flush()
            os._exit(EXIT_CODE)
        return ask(self)

    client.LambdaRuntimeClient.wait_next_invocation = ask_unless_stuck
