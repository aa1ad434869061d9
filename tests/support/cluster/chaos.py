"""Environments killed and frozen at random moments.

``python -m tests.support.cluster.chaos --seed 7 --rounds 200``.

What happens in a round is drawn from the seed and the round's number alone, so that one can be run again:
``--first 41 --rounds 1``. When it happens to each process also depends on the machine. ``--converted`` takes
the demo model and its real conversion, a tenth as often, where the others copy a small file as it came.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import random
import shutil
import signal
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.cache.artifact import Artifact
from inference.cache.hashes import hashes
from inference.cache.layout import CacheLayout
from inference.cache.lease import Lease
from inference.cache.stale_files import LEFT_BEHIND_S, leftovers
from inference.maintenance.disk import tree_bytes
from inference.maintenance.downloads import blobs
from local.demo.catalog import DEMO_REPOSITORIES
from local.hub.server import HubServer
from tests.support.cluster.cluster import (
    ANSWER,
    DEMO,
    MODEL,
    SENTIMENT,
    WEIGHTS,
    Cluster,
    Process,
    put_repository,
)
from tests.support.cluster.maintenance_process import keep

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

STALE_S = 0.8
LONG_AGO_S = 13 * 3600
GLANCE_S = 0.003
SLOWER = 10
"""So many times fewer rounds have a real conversion in them."""
BEGINNINGS = {"nothing": 6, "the download": 3, "all": 1}
"""What is on the cache at the start of a round, and how often in ten."""
DOCUMENTED = {"ModelNotReady", "InternalError", "HubUnreachable", "Gone"}
"""What a call may say whose own process or child was hit; ``Gone``: an eviction took what it was reading."""


@dataclass(frozen=True)
class Subject:
    """What is prepared in the rounds."""

    model: str
    job: Mapping[str, Any]
    """Of each environment."""
    moments_s: float
    """From the start of the processes to the last blow; a preparation takes about as long."""
    within_s: float
    """That an environment waits."""
    stages: tuple[str | None, ...]
    """To wait for before a blow; some are too short to be met by chance."""
    most_bytes: int
    """That one process can leave behind."""
    is_answer: Callable[[Any], bool]


COPIED = Subject(
    model=MODEL,
    job={},
    moments_s=1.8,
    within_s=15,
    stages=(None, None, "downloading", "checking", "converting", "converting"),
    most_bytes=2 * len(WEIGHTS),
    is_answer=lambda answer: bool(answer == ANSWER),
)
CONVERTED = Subject(
    model=DEMO,
    job=SENTIMENT,
    moments_s=9,
    within_s=90,
    stages=(None, None, "downloading", "exporting", "proving"),
    most_bytes=30_000_000,
    is_answer=lambda answer: bool(answer[0][0]["label"] == "POSITIVE"),
)


@dataclass(frozen=True)
class Blow:
    """One thing that happens to one process, or to it and all that it started."""

    at_s: float
    process: int
    """In order of their start; negative: whoever prepares the model at that moment."""
    kind: str
    """``kill``, ``kill child`` or ``freeze``."""
    frozen_s: float
    stage: str | None
    """Wait for it first."""


@dataclass(frozen=True)
class Plan:
    """All that is random about a round."""

    beginning: str
    workers: int
    slow: int
    events: list[dict[str, Any]]
    blows: list[Blow]

    @classmethod
    def draw(cls, subject: Subject, seed: int, number: int) -> Plan:
        draw = random.Random(f"{seed} {number}")
        workers = draw.randint(2, 3)
        removal = {"action": "remove", "model": subject.model}
        events = [
            {**draw.choice([removal, removal, {"action": "prune"}]), "after_s": draw.uniform(0, 1)}
            for _ in range(draw.randint(1, 3))
        ]
        kinds = [draw.choice(["kill", "freeze", "freeze"]) for _ in range(draw.randint(1, 3))]
        if draw.random() < 0.4:
            kinds.append("kill child")  # once: a conversion that dies twice in a row is not tried at once
        moments = sorted(draw.uniform(0, subject.moments_s) for _ in kinds)
        blows = [
            Blow(
                at_s,
                draw.randrange(-workers - 1, workers + 1),
                kind,
                draw.uniform(0.2, 2.5 * STALE_S),
                draw.choice(subject.stages),
            )
            for at_s, kind in zip(moments, kinds, strict=True)
        ]
        (beginning,) = draw.choices(list(BEGINNINGS), list(BEGINNINGS.values()))
        return cls(beginning, workers, draw.choice([1_000_000, 2_000_000, 4_000_000]), events, blows)


class Chaos:
    """Rounds on one cache; raises ``AssertionError`` at the first thing that is lost."""

    def __init__(self, folder: Path, hub: HubServer, seed: int, subject: Subject) -> None:
        self._cluster = Cluster(folder, hub)
        self._subject = subject
        self._layout = CacheLayout(self._cluster.cache)
        self._seed = seed
        self.tally: Counter[str] = Counter()

    def round(self, number: int) -> None:
        """One round, from start to check."""
        plan = Plan.draw(self._subject, self._seed, number)
        self._cluster.hub.faults.slow_bytes_per_s = plan.slow
        self._begin(plan.beginning)
        maintenance = Process(
            "tests.support.cluster.maintenance_process",
            {"cache": str(self._cluster.cache), "events": plan.events},
            {},
        )
        workers = [self._cluster.start(**self._job) for _ in range(plan.workers)]
        processes: list[Process] = [*workers, maintenance]
        try:
            self._strike(processes, plan.blows)
            outcomes = [worker.outcome(3 * self._subject.within_s) for worker in workers]
            maintenance.outcome(3 * self._subject.within_s)
        finally:
            for process in processes:
                process.stop()
            self._cluster.workers.clear()
        for outcome in outcomes:
            self._judge(outcome)
        self._check_cache()
        self._cluster.hub.faults.slow_bytes_per_s = 0
        after = self._cluster.outcome(**self._job)
        assert "answer" in after, after
        assert self._subject.is_answer(after["answer"]), after
        self._check_cache()
        self._check_room()

    @property
    def _job(self) -> dict[str, Any]:
        return {
            "model": self._subject.model,
            "stale_s": STALE_S,
            "within_s": self._subject.within_s,
            **self._subject.job,
        }

    def _strike(self, processes: Sequence[Process], blows: Sequence[Blow]) -> None:
        started_s = time.monotonic()
        thaws: list[tuple[float, Process]] = []
        for blow in blows:
            self._wait_until(started_s + blow.at_s, thaws)
            while (
                blow.stage
                and time.monotonic() < started_s + 2 * self._subject.moments_s
                and self._stage() != blow.stage
            ):
                self._wait_until(time.monotonic() + GLANCE_S, thaws)
            process = self._holder(processes) if blow.process < 0 else processes[blow.process]
            self.tally[f"{blow.kind} while {self._stage()}"] += 1
            if blow.kind == "freeze":
                process.signal(signal.SIGSTOP)
                thaws.append((time.monotonic() + blow.frozen_s, process))
            elif blow.kind == "kill":
                process.signal(signal.SIGKILL)
            else:
                process.signal_children(signal.SIGKILL)
        self._wait_until(float("inf"), thaws)

    def _wait_until(self, moment_s: float, thaws: list[tuple[float, Process]]) -> None:
        """Sleep, waking who was frozen long enough."""
        for thaw in sorted(thaws, key=lambda thaw: thaw[0]):
            if thaw[0] <= moment_s:
                time.sleep(max(0.0, thaw[0] - time.monotonic()))
                thaw[1].signal(signal.SIGCONT)
                thaws.remove(thaw)
        if moment_s != float("inf"):
            time.sleep(max(0.0, moment_s - time.monotonic()))

    def _holder(self, processes: Sequence[Process]) -> Process:
        """Whose turn it is, if it is one of these; else the first."""
        latest = Lease(self._layout.state(self._subject.model)).latest()
        owner = str(latest.note.get("owner")) if latest else ""
        owned = [process for process in processes if owner.endswith(f":{process.process.pid}")]
        return (owned or list(processes))[0]

    def _stage(self) -> str:
        """How far whoever prepares is; between turns there is nothing to say."""
        latest = Lease(self._layout.state(self._subject.model)).latest()
        if latest is None or latest.is_ended:
            return "nobody prepares"
        return str(latest.note.get("progress", {}).get("stage", "starting"))

    def _judge(self, outcome: dict[str, Any]) -> None:
        if not outcome:
            self.tally["killed"] += 1
        elif "answer" in outcome:
            assert self._subject.is_answer(outcome["answer"]), outcome
            self.tally["answered"] += 1
        else:
            assert outcome["error"] in DOCUMENTED, outcome
            assert outcome["seconds"] < self._subject.within_s + 5, outcome
            self.tally[outcome["error"]] += 1

    def _check_cache(self) -> None:
        """What is visible is whole."""
        for folder in self._cluster.artifacts():
            opened = Artifact.open(folder)
            for name, file in opened.manifest.files.items():
                assert hashes(folder / name)[0] == file["sha256"], name
        for blob in blobs(self._layout.download(self._subject.model)):
            assert blob.name in hashes(blob), blob.name
        assert not list(self._layout.root.glob("artifacts/*/*/*.damaged"))

    def _check_room(self) -> None:
        """What was left behind is bounded, and goes when it is old."""
        processes = 5
        assert tree_bytes(self._layout.root) < processes * self._subject.most_bytes
        old_s = time.time() - LEFT_BEHIND_S - 60
        for each in leftovers(self._layout, self._subject.model):
            for path in (*each.path.rglob("*"), each.path):
                os.utime(path, (old_s, old_s))
        keep(self._layout.root, {"action": "prune"})
        assert leftovers(self._layout, self._subject.model) == []
        assert list(self._layout.trash.glob("*")) == []

    def _begin(self, beginning: str) -> None:
        """Take away what the round is to make, and let evictions find the rest out of use."""
        if beginning == "nothing":
            keep(self._layout.root, {"action": "remove", "model": self._subject.model, "force": True})
        elif beginning == "the download":
            for folder in self._cluster.artifacts():
                shutil.rmtree(folder)
        then_s = time.time() - LONG_AGO_S
        for mark in self._layout.state(self._subject.model).glob("loaded-*"):
            os.utime(mark, (then_s, then_s))


def run(folder: Path, seed: int, first: int, rounds: int, subject: Subject = COPIED) -> Counter[str]:
    """All rounds; a failure names the one to run again."""
    put_repository(folder)
    with HubServer((folder / "repositories", DEMO_REPOSITORIES)) as hub:
        chaos = Chaos(folder, hub, seed, subject)
        for number in range(first, first + rounds):
            try:
                chaos.round(number)
            except BaseException:
                converted = " --converted" if subject is CONVERTED else ""
                print(f"lost in round: --seed {seed} --first {number} --rounds 1{converted}", flush=True)
                raise
        return chaos.tally


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.support.cluster.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--converted", action="store_true", help="a tenth of the rounds, really converted")
    options = parser.parse_args()
    rounds = math.ceil(options.rounds / SLOWER) if options.converted else options.rounds
    print(f"seed {options.seed}, rounds {options.first} to {options.first + rounds - 1}", flush=True)
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hublet-chaos-") as folder:
        subject = CONVERTED if options.converted else COPIED
        tally = run(Path(folder), options.seed, options.first, rounds, subject)
    for what, count in sorted(tally.items()):
        print(f"{count:6} {what}")
    print(f"{rounds} rounds in {time.monotonic() - started_s:.0f} s: nothing lost")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
