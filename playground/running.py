"""One request on its way: what is known of it while it runs, and the reply in the end."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from playground.events import EventReply
from playground.refusal import kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playground.client import Client, Reply
    from playground.endpoints import Endpoint

LOOK_S = 0.5
"""How often somebody who waits is told something."""
HEALTH_TIMEOUT_S = 20.0
LONGEST_S = 3600.0
"""A model of gigabytes on a slow line; each try of it ends before Lambda's own timeout."""
LONGEST_PAUSE_S = 5.0
READY = "ready"


@dataclass(frozen=True)
class Waiting:
    """How far a request is."""

    seconds: float
    """Since it was sent."""
    stage: str = ""
    """Of the model's preparation, where there is one: ``downloading``, ``loading``, those of a conversion."""
    remaining_s: float | None = None

    @property
    def share(self) -> float | None:
        """How much of the whole time is over, from 0 to 1; ``None`` where nothing is known of it."""
        if self.remaining_s is None:
            return None
        return self.seconds / (self.seconds + self.remaining_s) if self.seconds else 0.0


R = TypeVar("R", bound="Reply | EventReply")


def run(client: Client, endpoint: Endpoint, document: Any, path: str = "") -> Iterator[Waiting | Reply]:
    """Send, and yield how far it is until the reply comes, which is yielded last.

    A function that is still preparing its model when its time is over says so; the request is sent again
    until the model is ready. Raises what :meth:`Client.post` raises.
    """
    return _run(client, endpoint, document, path, client.post)


def run_streamed(
    client: Client, endpoint: Endpoint, document: Any, path: str = ""
) -> Iterator[Waiting | Reply | EventReply]:
    """The same until the first event of an answer that comes as events."""
    return _run(client, endpoint, document, path, client.open)


def _run(
    client: Client, endpoint: Endpoint, document: Any, path: str, send: Callable[[Endpoint, Any, str], R]
) -> Iterator[Waiting | R]:
    started_s = time.monotonic()
    threads = ThreadPoolExecutor(2)
    try:
        # A model that is ready is not asked for again: the health of a busy function is told by another
        # environment, which would load the model too.
        health: dict[str, Any] = {"model": READY}
        if "model" not in document:
            health = _health(threads, client, endpoint).result()
        while True:
            sent = threads.submit(send, endpoint, document, path)
            yield from _watch(client, endpoint, threads, sent, started_s, health)
            reply = sent.result()
            waited_s = time.monotonic() - started_s
            if isinstance(reply, EventReply) or not _is_preparing(reply) or waited_s > LONGEST_S:
                yield reply
                return
            health = {"model": "preparing"}
            yield Waiting(waited_s, "preparing", reply.json().get("estimated_time"))
            time.sleep(min(LONGEST_PAUSE_S, float(reply.headers.get("retry-after", 1))))
    finally:
        threads.shutdown(wait=False)


def _watch(
    client: Client,
    endpoint: Endpoint,
    threads: ThreadPoolExecutor,
    sent: Future[R],
    started_s: float,
    health: dict[str, Any],
) -> Iterator[Waiting]:
    """Ask for the health beside the request, until the model is ready."""
    asked: Future[dict[str, Any]] | None = None
    while not wait([sent], timeout=LOOK_S).done:
        if asked and asked.done():
            health, asked = asked.result() or health, None
        if asked is None and health.get("model") != READY:
            asked = _health(threads, client, endpoint)
        seconds = time.monotonic() - started_s
        yield Waiting(seconds, health.get("stage", ""), health.get("estimated_time"))


def _health(threads: ThreadPoolExecutor, client: Client, endpoint: Endpoint) -> Future[dict[str, Any]]:
    """What the function says of its model; nothing where it does not say."""

    def ask() -> dict[str, Any]:
        try:
            reply = client.get(endpoint, "health", HEALTH_TIMEOUT_S)
            return dict(reply.json()) if reply.status == 200 else {}
        except Exception:  # the request itself, which is sent next to this, tells what is wrong
            return {}

    return threads.submit(ask)


def _is_preparing(reply: Reply) -> bool:
    return reply.status == 503 and kind(reply) == "ModelNotReady"
