"""``make bench-memory``: what a function still holds after the largest request that its task allows.

Each function answers the smallest request from a fresh process, and its resident memory is read. Then it
answers the largest one, and it is read again. Lambda freezes a process as it is then, with all that it holds.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import io
import json
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.process_facts import peak_memory_mb, resident_mb
from bench.speed.contenders import LINE_BYTES, TIMEOUT_S
from inference.convert.proofs import texts as proof_texts
from inference.media.audio import MAX_SECONDS
from inference.media.pixels import MAX_PIXELS
from inference.settings import MEMORY_PER_VCPU_MB
from inference.task import packaged
from inference.tasks import all_tasks, get_task
from inference.tasks._generation import MAX_NEW_TOKENS
from local.cloud.pool import Pool
from local.cloud.template import LocalFunction
from local.demo import catalog
from local.demo.recipes import BUILT
from local.hub.server import HubServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from local.cloud.environment import Environment

    Event = dict[str, Any]

BODY_BYTES = 5_900_000
"""Of a request's text: what the limit on a body, 6 MB, leaves beside names and brackets."""
LIMIT = 1.25
"""Times the memory after the smallest request."""
RATE = 16_000
WAIT_S = 0.01


class Failed(Exception):
    """A function did not answer; the message holds its error."""


@dataclass(frozen=True)
class Requests:
    """The two ends of what a task takes; functions, as the large ones are large."""

    smallest: Callable[[], Event]
    largest: Callable[[], Event]


def text(chars: int) -> str:
    """So many characters of the proof's texts, from the first again where they end."""
    whole = " ".join(proof_texts.read())
    return (whole * -(-chars // len(whole)))[:chars]


def texts(count: int, most_chars: int) -> list[str]:
    """As long as the task and the body allow."""
    return [text(min(most_chars, BODY_BYTES // count))] * count


def picture(side: int) -> str:
    """A grey square PNG in base64, small however many pixels it has."""
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (side, side), (90, 120, 150)).save(file, "PNG", compress_level=9)
    return base64.b64encode(file.getvalue()).decode()


def recording(seconds: float) -> str:
    """The project's example sentence again and again, as Opus in base64."""
    import av
    import numpy as np
    import soundfile

    sentence, rate = soundfile.read(io.BytesIO(base64.b64decode(packaged("sentence.ogg"))), dtype="float32")
    if rate != RATE:
        raise ValueError(f"the example has {rate} samples a second, not {RATE}")
    samples = np.resize(sentence, int(seconds * RATE))
    file = io.BytesIO()
    with av.open(file, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=RATE, layout="mono", bit_rate=16_000)
        frame = av.AudioFrame.from_ndarray(samples[None], format="flt", layout="mono")
        frame.sample_rate = RATE
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return base64.b64encode(file.getvalue()).decode()


def _inputs(smallest: Any, largest: Callable[[], Any], **parameters: Any) -> Requests:
    return Requests(
        lambda: {"inputs": smallest}, lambda: {"inputs": largest(), "parameters": dict(parameters)}
    )


LONGEST: dict[str, Any] = {"max_new_tokens": MAX_NEW_TOKENS, "min_new_tokens": MAX_NEW_TOKENS}
LABELS = {"candidate_labels": [f"label {number}" for number in range(32)]}
SMALL_PAIR = {"question": "Who?", "context": "Ada."}
SMALL_SET = {"source_sentence": "a", "sentences": ["b"]}
REQUESTS: Mapping[str, Requests] = {
    "chat": _inputs("a", lambda: text(50_000), **LONGEST),
    "classification": Requests(
        lambda: {"inputs": "a", "parameters": {"candidate_labels": ["b"]}},
        lambda: {"inputs": texts(16, 20_000), "parameters": LABELS},
    ),
    "embeddings": _inputs("a", lambda: texts(680, 50_000)),  # with 384 numbers each, what a reply holds
    "emotion": _inputs("a", lambda: texts(2048, 20_000)),
    "entities": _inputs("a", lambda: texts(32, 50_000)),
    "fill_mask": _inputs("a <mask>.", lambda: [f"{each} <mask>." for each in texts(32, 1_500)], top_k=100),
    "image": Requests(
        lambda: {"inputs": "a", "parameters": {"num_inference_steps": 1, "height": 64, "width": 64}},
        lambda: {
            "inputs": text(2_000),
            "parameters": {"num_inference_steps": 20, "height": 768, "width": 768},
        },
    ),
    "image_classification": _inputs(picture(32), lambda: [picture(int(MAX_PIXELS**0.5))] * 16, top_k=1000),
    "question_answering": _inputs(
        SMALL_PAIR, lambda: [{"question": "Who paid?", "context": text(50_000)}] * 16, top_k=50
    ),
    "rerank": _inputs(
        {"query": "a", "texts": ["b"]}, lambda: {"query": "Who paid?", "texts": texts(2048, 20_000)}
    ),
    "sentiment": _inputs("a", lambda: texts(2048, 20_000)),
    "similarity": _inputs(
        SMALL_SET, lambda: [{"source_sentence": text(10_000), "sentences": texts(64 * 8, 20_000)[:64]}] * 8
    ),
    "spam": _inputs("a", lambda: texts(2048, 20_000)),
    "speech": _inputs(packaged("sentence.ogg"), lambda: recording(MAX_SECONDS - 1), return_timestamps="word"),
    "summarization": _inputs("a", lambda: texts(16, 100_000), num_beams=8, max_new_tokens=MAX_NEW_TOKENS),
    "translation": _inputs("a", lambda: texts(32, 20_000), num_beams=8, max_new_tokens=MAX_NEW_TOKENS),
    "zero_shot_image": Requests(
        lambda: {"inputs": picture(32), "parameters": {"candidate_labels": ["b"]}},
        lambda: {"inputs": [picture(int(MAX_PIXELS**0.5))] * 16, "parameters": LABELS},
    ),
}


@dataclass(frozen=True)
class Held:
    """Resident memory of one function, in MB."""

    task: str
    model: str
    engine: str
    smallest_mb: float
    largest_mb: float
    peak_mb: float
    seconds: float
    """What the largest request took."""

    @property
    def times(self) -> float:
        return self.largest_mb / self.smallest_mb


async def measure(name: str, cache: Path, hub_url: str, requests: Requests) -> Held:
    """One function: prepared by a first process, and asked in a second one."""
    task = get_task(name)
    repository = catalog.demo_model(task)
    if repository is None:
        raise Failed(f"{name}: no demo model stands in for it")
    function = LocalFunction(
        name=name,
        full_name=f"bench-memory-{name}",
        task=task,
        memory_mb=max(task.memory_mb, 2 * MEMORY_PER_VCPU_MB),
        timeout_s=TIMEOUT_S,
        environment={"TASK": name, "MODEL": repository},
        mount_path="/mnt/models",
        reserved_concurrency=1,
        handler=LocalFunction.handler,
    )
    log: list[str] = []
    pool = Pool(function, cache, {"HF_ENDPOINT": hub_url}, lambda _, line: log.append(line))
    try:
        await _ask(pool, requests.smallest(), log)
        engine = next(each["engine"] for each in _lines(log) if each.get("stage") == "loading")
        await pool.recycle()
        await _ask(pool, requests.smallest(), log)
        smallest_mb = resident_mb(await _waiting(pool))
        started_s = time.monotonic()
        await _ask(pool, requests.largest(), log)
        seconds = time.monotonic() - started_s
        pid = await _waiting(pool)
        return Held(name, repository, engine, smallest_mb, resident_mb(pid), peak_memory_mb(pid), seconds)
    finally:
        await pool.stop()


async def _ask(pool: Pool[LocalFunction], event: Event, log: list[str]) -> None:
    result = await pool.invoke(json.dumps(event).encode())
    if result.error:
        raise Failed(f"{pool.function.name}: {result.payload.decode()[:500]}\n" + "\n".join(log[-5:]))


async def _waiting(pool: Pool[LocalFunction]) -> int:
    """The process once it has asked for its next event: all that it does after a reply is done by then."""
    environment: Environment
    (environment,) = pool.idle
    while not environment.is_waiting:
        await asyncio.sleep(WAIT_S)
    assert environment.pid
    return environment.pid


def _lines(log: Iterable[str]) -> Iterable[Event]:
    return (json.loads(line) for line in log if line.startswith("{") and len(line) < LINE_BYTES)


def table(rows: Iterable[Held]) -> str:
    """The figures in Markdown."""
    lines = [
        "| task | engine | after the smallest, MB | after the largest, MB | times | peak, MB | took, s |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        figures = f"{row.smallest_mb:.0f} | {row.largest_mb:.0f} | {row.times:.2f} | {row.peak_mb:.0f}"
        lines.append(f"| {row.task} | {row.engine} | {figures} | {row.seconds:.0f} |")
    return "\n".join(lines)


def main() -> None:
    """Measure all tasks or some, print a table, and fail where one holds too much."""
    known = [task.name for task in all_tasks() if task.name in REQUESTS]
    parser = argparse.ArgumentParser(prog="make bench-memory", description=__doc__)
    parser.add_argument("--tasks", default=",".join(known), help="names separated by commas; all by default")
    parser.add_argument("--cache", type=Path, help="a folder that keeps the prepared models")
    chosen = parser.parse_args()
    names = chosen.tasks.split(",")
    if unknown := set(names) - set(known):
        sys.exit(f"no such task: {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    models = {name: catalog.demo_model(get_task(name)) for name in names}
    catalog.make(model for model in models.values() if model)
    rows: list[Held] = []
    with ExitStack() as stack:
        cache = chosen.cache
        if cache is None:
            cache = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hublet-memory-")))
        hub = stack.enter_context(HubServer((catalog.DEMO_REPOSITORIES, BUILT)))
        for name in names:
            try:
                rows.append(asyncio.run(measure(name, cache, hub.url, REQUESTS[name])))
            except Failed as failed:
                print(failed, file=sys.stderr)
                continue
            print(table(rows[-1:]).splitlines()[-1], file=sys.stderr, flush=True)
    print(table(rows))
    if late := [row.task for row in rows if row.times > LIMIT]:
        sys.exit(f"more than {LIMIT} times: {', '.join(late)}")


if __name__ == "__main__":
    main()
