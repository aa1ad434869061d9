"""What an environment does after a reply: give memory back, or start over where its engine is stuck."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

EXIT_CODE = 70
RECYCLED = "HUBLET_RECYCLED"
"""Set in an environment that started over: its init phase is part of the last call, which is at its end."""


def start_over_between_events(
    is_stuck: Callable[[], bool], log: Callable[[str], None], otherwise: Callable[[], None]
) -> None:
    """Have Lambda's runtime client look, each time before it asks for an event, whether to start over first.

    If not, it does ``otherwise``.

    Only there is the last reply on its way and the next event not yet taken. One thread cannot be ended while
    it is in native code; all of them are when the process becomes another program: its own, from the start.
    It does not end, because for Lambda a call is over when the client asks for the next event: a process that
    is gone before makes an error of a call that was answered (``Runtime.ExitError``).
    """
    client: Any = sys.modules.get("awslambdaric.lambda_runtime_client")
    if client is None:  # not under that client: a test, or another host
        return
    ask = client.LambdaRuntimeClient.wait_next_invocation
    first = _first_environment()

    def ask_unless_stuck(self: Any) -> Any:
        if is_stuck():
            log("the engine is stuck; this environment starts over")
            _start_over(first)
        otherwise()
        return ask(self)

    client.LambdaRuntimeClient.wait_next_invocation = ask_unless_stuck


def _start_over(environment: dict[str, str]) -> None:
    sys.stdout.flush()
    try:
        os.execve(sys.executable, sys.orig_argv, {**environment, RECYCLED: "1"})
    except OSError:  # then Lambda has to
        os._exit(EXIT_CODE)


def _first_environment() -> dict[str, str]:
    """As this process was given it: the client takes variables away that it needs when it starts.

    Read before the process hides itself, for then it may not read this any more either.
    """
    pairs = Path("/proc/self/environ").read_bytes().split(b"\0")
    return dict(os.fsdecode(pair).split("=", 1) for pair in pairs if b"=" in pair)
