"""An engine that never comes back: its caller gets a 503 in time, and the next one a fresh runtime."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from inference.task_kinds import head_of
from inference.tasks import get_task
from local.cloud.pool import Pool
from local.cloud.template import LocalFunction
from tests.support.artifacts import put_artifact
from tests.support.events import url_event
from tests.support.handlers.function import FUNCTION

if TYPE_CHECKING:
    from pathlib import Path

TASK = get_task("summarization")
TIMEOUT_S = 5
"""The reply must leave before."""
START_S = 5


async def call(pool: Pool[LocalFunction], **more: str) -> tuple[Any, float]:
    started_s = time.monotonic()
    result = await pool.invoke(json.dumps(url_event({"inputs": "A text.", **more})).encode())
    assert result.error is None, result.payload
    return json.loads(result.payload), time.monotonic() - started_s


async def story(function: LocalFunction, cache: Path, marker: str, error: str, lines: list[str]) -> None:
    """The first call is for a model that was loaded in the init phase, the others may be for another one."""
    asked = {"model": TASK.alternatives[0].id} if marker == "stuck-load" else {}
    pool = Pool(function, cache, {}, lambda name, line: lines.append(line))
    try:
        fine, _ = await call(pool)
        assert fine["statusCode"] == 200, fine
        (environment,) = pool.idle
        (cache / marker).touch()
        late, took_s = await call(pool, **asked)
        assert late["statusCode"] == 503, late
        assert json.loads(late["body"])["type"] == error
        assert took_s < TIMEOUT_S
        after, took_s = await call(pool, **asked)
        assert after["statusCode"] == 200, after
        assert took_s < START_S
        again, _ = await call(pool, **asked)
        assert again["statusCode"] == 200
        assert pool.idle == (environment,)  # it started over, in its place; and what is not stuck stays
    finally:
        await pool.stop()


def cold_starts(lines: list[str]) -> list[int]:
    """Of the calls that were answered or refused, whether each was the first that its program answered."""
    told = [json.loads(line) for line in lines if line.startswith("{")]
    return [line["ColdStart"] for line in told if "ColdStart" in line]


@pytest.mark.parametrize(
    ("marker", "error"), [("stuck", "DeadlineExceeded"), ("stuck-load", "ModelNotReady")]
)
def test_a_stuck_engine_is_answered_for_and_its_environment_starts_over(
    tmp_path: Path, marker: str, error: str
) -> None:
    """The markers are what ``stuck_handler`` looks for; importing it here would start a function."""
    for model in (TASK.model, TASK.alternatives[0]):
        put_artifact(tmp_path, model, head_of(TASK.pipeline_tag))
    function = LocalFunction(
        **{
            **{name: getattr(FUNCTION, name) for name in FUNCTION.__dataclass_fields__},
            "handler": "tests.support.handlers.stuck.handler",
            "timeout_s": TIMEOUT_S,
            "memory_mb": 2048,
            "environment": {"TASK": TASK.name, "MODEL_CACHE": "/mnt/models"},
        }
    )
    lines: list[str] = []
    asyncio.run(story(function, tmp_path, marker, error, lines))
    assert cold_starts(lines) == [1, 0, 1, 0]
    assert sum("the engine is stuck" in line for line in lines) == 1
