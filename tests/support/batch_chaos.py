"""A file through the batch machine while environments are killed, and the command is stopped, at random.

``python -m tests.support.batch_chaos --lines 100000`` is the long form; a test runs a slice.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.runtime.peak_memory import peak_memory_mb
from local.__main__ import demos_of, overrides_of
from local.batch.definition import read_definition
from local.batch.job import Job, Order, fingerprint
from local.batch.on_this_machine import LocalRunner
from local.cloud.front import Cloud
from local.cloud.template import read_template
from local.demo.catalog import DEMO_REPOSITORIES, EMBEDDED, demo_model, make
from local.demo.recipes import BUILT
from local.hub.server import HubServer
from tests.support.synthesized import synthesize

if TYPE_CHECKING:
    from local.batch.definition import Definition
    from local.batch.job import Count
    from local.cloud.runtime_api import Result
    from local.cloud.template import LocalFunction

TASK = "sentiment"
WORDS = ["good", "bad", "fine", "awful", "great", "dull", "kind", "cruel", "bright", "grey"]


@dataclass
class Chaos:
    """What happens on the way, by a seed: kills of environments, and stops of the command."""

    seed: int = 0
    kill_share: float = 0.0
    """Of the batches, in whose middle a busy environment is killed."""
    stops: tuple[int, ...] = ()
    """After so many batches the command gets SIGINT."""
    kills: int = 0
    batches: int = 0
    asked: list[str] = field(default_factory=list)
    """Ids of the lines that were handed to the function since the last stop."""

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._stops = list(self.stops)

    def attach(self, cloud: Cloud) -> Cloud:
        """Have it happen to the function of a cloud."""
        pool = cloud.pools[TASK]
        invoke = pool.invoke

        async def invoke_in_chaos(payload: bytes, *rest: Any) -> Result:
            self._note(payload)
            call = asyncio.ensure_future(invoke(payload, *rest))
            if self._random.random() < self.kill_share:
                await asyncio.sleep(self._random.uniform(0, 0.05))
                busy = [each for each in pool._busy if each.is_alive]
                if busy:
                    self._random.choice(busy).kill()
                    self.kills += 1
            return await call

        pool.invoke = invoke_in_chaos  # type: ignore[method-assign, assignment]
        return cloud

    def _note(self, payload: bytes) -> None:
        self.asked += [item["line"]["id"] for item in json.loads(payload).get("Items", [])]
        self.batches += 1
        if self._stops and self.batches >= self._stops[0]:
            self._stops.pop(0)
            os.kill(os.getpid(), signal.SIGINT)


@dataclass
class Bench:
    """A function, the machine and a Hub, for several runs over files."""

    definition: Definition
    function: LocalFunction
    hub: str
    folder: Path

    def job(self, lines: Path, output: Path, chaos: Chaos) -> Job:
        """A job that chaos happens to."""
        overrides = overrides_of(self.hub, demos_of([self.function], EMBEDDED), None)
        template, cache = self.folder / "Hublet.template.json", self.folder / "cache"
        runner = LocalRunner(
            self.definition,
            TASK,
            lambda: chaos.attach(
                Cloud([self.function], cache, overrides, lambda *_: None, template=template)
            ),
        )
        order = Order(str(lines), str(output), TASK, None, False, fingerprint(lines))
        return Job(order, runner)


def prepare(folder: Path, hub: str) -> Bench:
    """The synthesized stack, and the demo model."""
    template = synthesize(folder, tasks=TASK, batch="true").path
    (function,) = read_template(template)
    (folder / "cache").mkdir(exist_ok=True)
    return Bench(read_definition(template), function, hub, folder)


def demo_hub() -> HubServer:
    """A Hub with the demo model, made if it is not there."""
    from inference.tasks import get_task

    make([model] if (model := demo_model(get_task(TASK))) else [])
    return HubServer((DEMO_REPOSITORIES, BUILT))


def write_lines(path: Path, count: int) -> None:
    """Texts of many lengths; each has an id of the caller's."""
    made = random.Random(count)
    with path.open("w") as file:
        for number in range(1, count + 1):
            words = made.choices(WORDS, k=made.randint(1, 30))
            file.write(json.dumps({"custom_id": f"id-{number}", "inputs": " ".join(words)}) + "\n")


def ids_of(output: Path) -> list[str]:
    """The callers' ids of an output, in order."""
    with output.open() as file:
        return [json.loads(line)["custom_id"] for line in file]


def run_to_the_end(bench: Bench, lines: Path, output: Path, chaos: Chaos) -> Count:
    """As often as the command is stopped, it is called again; what was done then is not asked again."""
    while True:
        done = {
            json.loads(line)["id"]
            for path in output.parent.glob(f"{output.name}.batch/pass-*/results/SUCCEEDED_0.jsonl")
            for line in path.read_bytes().split(b"\n")[:-1]
        }
        chaos.asked.clear()
        try:
            count = bench.job(lines, output, chaos).run(lambda *_: None)
        except KeyboardInterrupt:
            _check_not_again(done, chaos)
            continue
        _check_not_again(done, chaos)
        return count


def _check_not_again(done: set[str], chaos: Chaos) -> None:
    twice = done & set(chaos.asked)
    assert not twice, f"run again after a stop: {sorted(twice)[:5]}"


def main() -> None:
    """The long form; prints what it saw."""
    parser = argparse.ArgumentParser(prog="make batch-chaos", description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    arguments = parser.parse_args()
    count, batches = arguments.lines, arguments.lines // 16
    with tempfile.TemporaryDirectory() as temporary, demo_hub() as hub:
        folder = Path(temporary)
        bench, lines = prepare(folder, hub.url), folder / "lines.jsonl"
        write_lines(lines, count)
        outputs = {name: folder / f"{name}.jsonl" for name in ("quiet", "chaos")}
        chaos = Chaos(arguments.seed, 0.02, stops=(batches // 4, batches // 2))
        for name, each in (("quiet", Chaos()), ("chaos", chaos)):
            started_s = time.monotonic()
            told = run_to_the_end(bench, lines, outputs[name], each)
            took_s = time.monotonic() - started_s
            print(
                f"{name}: {told.answered:,} answered, {told.refused:,} not, {took_s:,.0f} s, "
                f"{count / took_s:,.0f} lines a second, {each.kills} kills, {len(each.stops)} stops, "
                f"peak memory of the command {peak_memory_mb():.0f} MB",
                flush=True,
            )
        assert ids_of(outputs["chaos"]) == [f"id-{number}" for number in range(1, count + 1)]
        assert outputs["chaos"].read_bytes() == outputs["quiet"].read_bytes()
        print(f"seed {arguments.seed}: every id once, in order, and the same bytes", flush=True)


if __name__ == "__main__":
    main()
