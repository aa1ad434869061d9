"""An engine that never comes back: its caller gets a 503 in time, and the next one a new environment."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

from inference.engines.choose import head_of
from inference.tasks import get_task
from local.pool import Pool
from local.template import LocalFunction
from tests.integration.test_local_cloud import FUNCTION, is_running
from tests.unit.artifacts import put_artifact
from tests.unit.events import url_event

if TYPE_CHECKING:
    from pathlib import Path

STUCK = "stuck"
"""The file that ``stuck_handler`` looks for; importing it here would start a function."""
TIMEOUT_S = 5
"""The reply must leave before."""
EXIT_S = 5


async def call(pool: Pool) -> tuple[Any, float]:
    started_s = time.monotonic()
    result = await pool.invoke(json.dumps(url_event({"inputs": "good"})).encode())
    assert result.error is None, result.payload
    return json.loads(result.payload), time.monotonic() - started_s


async def story(function: LocalFunction, cache: Path, lines: list[str]) -> None:
    pool = Pool(function, cache, {}, lambda name, line: lines.append(line))
    try:
        fine, _ = await call(pool)
        assert fine["statusCode"] == 200, fine
        (environment,) = pool.idle
        pid = environment.pid
        assert pid
        (cache / STUCK).touch()
        late, took_s = await call(pool)
        assert late["statusCode"] == 503, late
        assert json.loads(late["body"])["type"] == "DeadlineExceeded"
        assert took_s < TIMEOUT_S
        async with asyncio.timeout(EXIT_S):
            assert environment._process
            await environment._process.wait()
        assert not is_running(pid)
        after, took_s = await call(pool)
        assert after["statusCode"] == 200, after
        (fresh,) = pool.idle
        assert fresh.pid != pid
        assert any("the engine is stuck" in line for line in lines)
        again, _ = await call(pool)
        assert again["statusCode"] == 200
        assert [each.pid for each in pool.idle] == [fresh.pid]  # what is not stuck stays
    finally:
        await pool.stop()


def test_a_stuck_engine_is_answered_for_and_its_environment_replaced(tmp_path: Path) -> None:
    task = get_task("sentiment")
    put_artifact(tmp_path, task.model, head_of(task.pipeline_tag))
    function = LocalFunction(
        **{
            **{name: getattr(FUNCTION, name) for name in FUNCTION.__dataclass_fields__},
            "handler": "tests.integration.stuck_handler.handler",
            "timeout_s": TIMEOUT_S,
            "memory_mb": 2048,
            "environment": {"TASK": task.name, "MODEL_CACHE": "/mnt/models"},
        }
    )
    asyncio.run(story(function, tmp_path, []))
