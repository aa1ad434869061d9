"""Requests within every limit, at the corners of all of them: none ends the process that answers it.

The kernel gives the process the function's own memory. ``HUBLET_CORNERS`` says how many requests for each
task; ``make fuzz`` sends hundreds.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from inference.cache.layout import CacheLayout
from inference.runtime.loaded_models import FOR_LISTS, IN_MEMORY
from inference.task import FULL
from inference.tasks import all_tasks
from local.cloud.template import read_template
from tests.support import corners
from tests.support.limited import limited
from tests.support.paths import ROOT
from tests.support.served import FIRST_TIME_S

if TYPE_CHECKING:
    from pathlib import Path

    from inference.task import Task
    from tests.support.limited import LimitedEnvironment, Reply
    from tests.support.served import Served

CORNERS = int(os.environ.get("HUBLET_CORNERS", "0"))
SLICE: dict[str, tuple[int, ...]] = {
    "classification": (3,),
    "embeddings": (3,),
    "emotion": (0,),
    "entities": (1,),
    "fill_mask": (0,),
    "image_classification": (3,),
    "question_answering": (),
    "rerank": (2,),
    "similarity": (3,),
    "summarization": (1,),
    "translation": (0,),
}
"""Without the variable: a corner for each of these tasks, by its seed, that takes no more than seconds."""
TASKS = [task for task in all_tasks() if CORNERS or task.name in SLICE]
TIMEOUT_S = 30
"""Of the function; what is not done by then is told so. Memory is taken long before."""
FOLLOWED = 3
"""So often a corner that an error names is sent next."""
ANSWERED = (200, 400, 413, 422)
LATE = ("DeadlineExceeded", "ModelNotReady")
"""A run that is late holds the engine, so the process starts over and loads its model again."""
MARKS = "!" * 20_000
"""As many tokens as characters."""
PAST: dict[str, list[dict[str, Any]]] = {
    "rerank": [{"inputs": {"query": MARKS, "texts": [MARKS]}}],
    "question_answering": [
        {
            "inputs": {"question": "a " * 252, "context": "a b. " * 10_000},
            "parameters": {"doc_stride": 256, "max_seq_len": 512, "max_question_len": 256},
        }
    ],
    "fill_mask": [{"inputs": f"{'word ' * 19}<mask> " * 195, "parameters": {"top_k": 100}}],
}
"""Each ended the process once, far beyond the function's memory."""


def bodies(task: Task) -> list[dict[str, Any]]:
    seeds = range(CORNERS) if CORNERS else SLICE[task.name]
    return PAST.get(task.name, []) + [corners.body(task, Random(seed)) for seed in seeds]


@pytest.mark.timeout(FIRST_TIME_S + (CORNERS + 2) * (FOLLOWED + 1) * 2 * TIMEOUT_S)
@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_no_corner_ends_the_process(served: Served, cache: Path, template: Path, task: Task) -> None:
    function = next(each for each in read_template(template) if each.task.name == task.name)
    with limited(replace(function, timeout_s=TIMEOUT_S), cache, model_of(served, cache, task)) as environment:
        worst = max((send(environment, task, body) for body in bodies(task)), key=lambda reply: reply.peak_mb)
    weights_mb = loaded_mb(task)
    assert worst.peak_mb + weights_mb < function.memory_mb
    print(f"{task.name}: {worst.peak_mb:.0f} and {weights_mb:.0f} of {function.memory_mb} MB")


def loaded_mb(task: Task) -> float:
    """What the task's own model takes, which the small one here leaves free."""
    times = IN_MEMORY if task.image == FULL else IN_MEMORY + FOR_LISTS
    served_gb = tomllib.loads((ROOT / "bench/cost/models.toml").read_text())[task.model.id]["served"]
    return float(served_gb) * 1000 * times


def model_of(served: Served, cache: Path, task: Task) -> dict[str, str]:
    """The variables for the model that the local cloud made ready for a task."""
    reply = served.post(f"{task.function_name}/", dict(task.examples[0].body))
    assert reply.status_code == 200, reply.text
    model = reply.headers["x-model"]
    (commit,) = CacheLayout(cache).artifacts(model).iterdir()
    return {"MODEL": model, "REVISION": commit.name, "HF_ENDPOINT": "http://127.0.0.1:9"}


def send(environment: LimitedEnvironment, task: Task, body: dict[str, Any]) -> Reply:
    """The reply to a body, or to the corner that its error leads to."""
    await_model(environment, task)
    environment.forget_peak()
    reply = environment.post("/", body)
    for _ in range(FOLLOWED):
        following = corners.next_corner(body, reply.message) if reply.status == 422 else None
        if following is None:
            break
        body = following
        reply = environment.post("/", body)
    told = (reply.status, reply.kind, reply.message, str(body)[:300])
    assert reply.status in ANSWERED or (reply.status == 503 and reply.kind in LATE), told
    if reply.status == 422:
        assert ": " in reply.message, told
    return reply


def await_model(environment: LimitedEnvironment, task: Task) -> None:
    """The small example is answered: the process lives, and has its model."""
    for _ in range(60):
        reply = environment.post("/", dict(task.examples[0].body))
        if reply.status == 200:
            return
        assert reply.kind in LATE, reply
    raise AssertionError("the model does not come back")
