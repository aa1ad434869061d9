"""The guard of the unit tests sees what they must not do."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.isolation import Isolation

TRIES: list[Callable[[], object]] = [
    lambda: socket.create_server(("127.0.0.1", 0)),
    lambda: socket.create_connection(("127.0.0.1", 9)),
    lambda: socket.getaddrinfo("localhost", 80),
    lambda: subprocess.run(["true"]),
    lambda: os.system("true"),
    lambda: os.fork(),
]


@pytest.mark.parametrize("attempt", TRIES)
def test_it_fails_whoever_tries(isolation: Isolation, attempt: Callable[[], object]) -> None:
    with pytest.raises(pytest.fail.Exception, match="no network and starts no process"):
        attempt()
    assert len(isolation.attempts) == 1
    isolation.attempts.clear()


def test_it_remembers_what_a_thread_has_tried(isolation: Isolation) -> None:
    def swallow() -> None:
        with contextlib.suppress(BaseException):
            subprocess.run(["true"])

    thread = threading.Thread(target=swallow)
    thread.start()
    thread.join()
    with pytest.raises(pytest.fail.Exception, match=r"subprocess\.Popen"):
        isolation.check()
    isolation.attempts.clear()


def test_an_event_loop_may_wake_itself_up(isolation: Isolation) -> None:
    asyncio.run(asyncio.sleep(0))
    assert isolation.attempts == []
