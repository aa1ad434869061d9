"""Factories and cache functions killed and frozen, events lost, doubled and late, a bucket that refuses.

``python -m tests.support.relay.chaos --seed 7 --rounds 200``. What happens in a round is drawn from the seed
and the round's number alone: ``--first 41 --rounds 1`` draws that one again.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import tempfile
import threading
import time
import uuid
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from inference.cache.artifact import Artifact
from inference.deadline import Deadline
from inference.errors import HubletError
from inference.prepare import relay as relay_provider
from inference.prepare.relay import RelayProvider
from inference.relay.bucket import Bucket
from inference.relay.records import Delivery, manifest_key, name_in, request_key
from local.cloud.bucket import LocalBucket
from local.cloud.rules import to_event
from local.hub.server import HubServer
from tests.support.cluster.cluster import ANSWER, Process, put_repository
from tests.support.cluster.worker import read
from tests.support.relay.subject import NAME, SPEC, TASK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

WAITS = {"STALE_S": 5.0, "ASK_AGAIN_S": 4.0, "SETTLES_S": 2.0, "ASK_PROGRESS_S": 0.3}
"""Seconds for minutes; S3's times have whole seconds, so none is much shorter."""
CALL_S = 25.0
OVER_S = 6.0
"""That a call may be late: its last look at a bucket that does not answer."""
CALM_S = 60.0
REFUSALS = ("503 Slow Down", "403 Forbidden", "500 Internal Server Error")


class Lost(Exception):
    """A promise that was broken; the message says which."""


class RefusingBucket(LocalBucket):
    """A bucket that answers some requests with an error while ``share`` is above zero."""

    def __init__(self, draw: random.Random, created: Callable[[str], None]) -> None:
        self.share = 0.0
        self._draw = draw
        super().__init__(f"chaos-{uuid.uuid4().hex[:12]}", created)

    def _serve(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if self._draw.random() < self.share:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start_response(self._draw.choice(REFUSALS), [("Content-Length", "0")])
            return [b""]
        return super()._serve(environ, start_response)


class Round:
    """One bucket, one cache, two or three calls, and whatever happens to those who work for them."""

    def __init__(self, root: Path, draw: random.Random) -> None:
        put_repository(root)
        self._root = root
        self._draw = draw
        self._processes: list[Process] = []
        self._lock = threading.Lock()
        self._timers: list[threading.Timer] = []
        self._is_over = False
        self.bucket = RefusingBucket(random.Random(draw.random()), self._created)
        self.hub = HubServer(root / "repositories")
        self.happened: Counter[str] = Counter()
        self._is_calm = False

    def run(self) -> Counter[str]:
        os.environ.update(self.bucket.variables)
        with self.hub, self.bucket:
            try:
                chaos = threading.Thread(target=self._strike)
                chaos.start()
                self._call_at_once(self._draw.randint(2, 3))
                chaos.join()
                self._calm_down()
                self._check()
            finally:
                self._stop()
        return self.happened

    def _created(self, key: str) -> None:
        """EventBridge: at least once, sometimes late, and here sometimes never."""
        fate = self._draw.random() if not self._is_calm else 1.0
        if fate < 0.1:
            self.happened["event lost"] += 1
            return
        times = 2 if fate < 0.25 else 1
        self.happened["event doubled"] += times - 1
        for _ in range(times):
            late_s = self._draw.uniform(0.5, 4.0) if fate < 0.4 else 0.0
            timer = threading.Timer(late_s, self._start, (key,))
            with self._lock:
                if not self._is_over:
                    self._timers.append(timer)
                    timer.start()

    def _start(self, key: str) -> None:
        is_request = name_in(key, request_key("*")) is not None
        if not is_request and name_in(key, manifest_key("*")) is None and not key.startswith("loads/"):
            return
        job = {
            "function": "factory" if is_request else "cache",
            "event": to_event(self.bucket.name, key),
            "bucket": self.bucket.name,
            "hub_url": self.hub.url,
            "cache": str(self._root / "cache"),
            "environment": uuid.uuid4().hex,
        }
        with self._lock:
            if not self._is_over:
                variables = {**self.bucket.variables, "TMPDIR": str(self._root)}
                self._processes.append(Process("tests.support.relay.worker", job, variables))
                self.happened[str(job["function"])] += 1

    def _strike(self) -> None:
        for _ in range(self._draw.randint(1, 4)):
            time.sleep(self._draw.uniform(0.3, 3.0))
            kind = self._draw.choice(["kill", "freeze", "freeze", "refuse"])
            if kind == "refuse":
                self.bucket.share = self._draw.uniform(0.1, 0.6)
                time.sleep(self._draw.uniform(0.3, 2.0))
                self.bucket.share = 0.0
                self.happened["refused"] += 1
                continue
            with self._lock:
                alive = [each for each in self._processes if each.process.poll() is None]
            if not alive:
                continue
            struck = self._draw.choice(alive)
            struck.signal(signal.SIGKILL if kind == "kill" else signal.SIGSTOP)
            self.happened[kind] += 1
            if kind == "freeze":
                time.sleep(self._draw.uniform(0.5, 7.0))
                struck.signal(signal.SIGCONT)

    def _call_at_once(self, count: int) -> None:
        threads = [threading.Thread(target=self._call, args=(CALL_S,)) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _call(self, seconds: float) -> bool:
        provider = RelayProvider(self._root / "cache", Bucket(self.bucket.name), SPEC)
        started_s = time.monotonic()
        try:
            artifact = provider.fetch(TASK.model, Deadline.after(seconds), lambda _: None)
        except HubletError as error:
            self.happened[f"answer {type(error).__name__}"] += 1
            is_answered = False
        else:
            if read(artifact) != ANSWER:
                raise Lost("what was served is not what was published")
            self.happened["answered"] += 1
            is_answered = True
        if time.monotonic() - started_s > seconds + OVER_S:
            raise Lost(f"a call ended {time.monotonic() - started_s - seconds:.1f} s after its deadline")
        return is_answered

    def _calm_down(self) -> None:
        """Nothing happens any more: then a call is answered, however the round left everything."""
        self._is_calm = True
        until_s = time.monotonic() + CALM_S
        while not self._call(CALL_S):
            if time.monotonic() > until_s:
                raise Lost("no call was answered after all was well again")
            time.sleep(1)

    def _check(self) -> None:
        (folder,) = (self._root / "cache").glob("artifacts/*/*/[a-z]*")
        if Artifact.open(folder).damaged_file() is not None:
            raise Lost("what stands on the cache is damaged")
        stored = Bucket(self.bucket.name).read(manifest_key(NAME))
        if stored is None or Delivery.read(stored.body).manifest != Artifact.open(folder).manifest:
            self.happened["another making on the cache"] += 1  # the same files, made twice

    def _stop(self) -> None:
        with self._lock:
            self._is_over = True
        for timer in self._timers:
            timer.cancel()
            timer.join()
        for each in self._processes:
            each.signal(signal.SIGKILL)
            each.process.communicate()


def run(root: Path, seed: int, *, first: int, rounds: int) -> Counter[str]:
    """Raises :class:`Lost` with the seed and the round in its message."""
    environ = dict(os.environ)
    with ExitStack() as patches:
        for name, value in WAITS.items():
            patches.enter_context(mock.patch.object(relay_provider, name, value))
        patches.enter_context(mock.patch.object(threading, "excepthook"))
        try:
            return _run(root, seed, first, rounds)
        finally:
            os.environ.clear()
            os.environ.update(environ)


def _run(root: Path, seed: int, first: int, rounds: int) -> Counter[str]:
    happened: Counter[str] = Counter()
    failures: list[str] = []
    threading.excepthook = lambda arguments: failures.append(str(arguments.exc_value))
    for number in range(first, first + rounds):
        folder = root / str(number)
        folder.mkdir()
        try:
            happened += Round(folder, random.Random(f"{seed} {number}")).run()
        except Exception as error:
            raise Lost(f"seed {seed}, round {number}: {type(error).__name__}: {error}") from error
        if failures:
            raise Lost(f"seed {seed}, round {number}: {failures[0]}")
        shutil.rmtree(folder)
    return happened


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=200)
    arguments = parser.parse_args()
    print(f"relay chaos: seed {arguments.seed}", flush=True)
    root = Path(tempfile.mkdtemp(prefix="hublet-relay-chaos-"))
    try:
        happened = run(root, arguments.seed, first=arguments.first, rounds=arguments.rounds)
        print(f"{arguments.rounds} rounds, nothing lost: {dict(happened)}")
    finally:
        with suppress(OSError):
            shutil.rmtree(root)


if __name__ == "__main__":
    main()
