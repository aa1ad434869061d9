"""The local cloud against a handler that misbehaves on purpose: what Lambda says, and no process left."""

from __future__ import annotations

import asyncio
import gc
import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from local.cloud.cors import Cors
from local.cloud.front import Cloud
from local.cloud.pool import Pool, Throttled
from local.commands.run import RunFailed, run_all
from tests.support.handlers.function import FUNCTION

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from local.cloud.template import LocalFunction


def run(
    tmp_path: Path, story: Callable[[Pool[LocalFunction]], Awaitable[Any]], **changes: Any
) -> tuple[Any, list[str]]:
    """Run a story against a pool; afterwards every process it started must be gone."""
    lines: list[str] = []

    async def main() -> Any:
        pool = Pool(replace(FUNCTION, **changes), tmp_path, {}, lambda name, line: lines.append(line))
        try:
            return await story(pool)
        finally:
            await pool.stop()

    return asyncio.run(main()), lines


async def ask(pool: Pool[LocalFunction], **event: Any) -> Any:
    result = await pool.invoke(json.dumps(event).encode())
    return json.loads(result.payload) if result.error is None else (result.error, json.loads(result.payload))


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_an_environment_is_reused_and_ends_with_the_pool(tmp_path: Path) -> None:
    async def story(pool: Pool[LocalFunction]) -> list[int]:
        return [await ask(pool, do="pid") for _ in range(3)]

    pids, _ = run(tmp_path, story)
    assert len(set(pids)) == 1
    assert not is_running(pids[0])


def test_concurrent_events_get_their_own_environments_up_to_the_limit(tmp_path: Path) -> None:
    async def story(pool: Pool[LocalFunction]) -> tuple[Any, ...]:
        one, two = (asyncio.create_task(ask(pool, do="sleep", seconds=1)) for _ in range(2))
        await asyncio.sleep(0)
        with pytest.raises(Throttled):
            await ask(pool, do="echo")
        return await one, await two, await ask(pool, do="echo")

    assert run(tmp_path, story)[0][2] == {"do": "echo"}


def test_a_timeout_kills_the_environment_with_lambdas_message(tmp_path: Path) -> None:
    async def story(pool: Pool[LocalFunction]) -> tuple[Any, ...]:
        before = await ask(pool, do="pid")
        late = await ask(pool, do="sleep", seconds=60)
        return before, late, await ask(pool, do="pid")

    (before, (error, payload), after), lines = run(tmp_path, story, timeout_s=1)
    assert error == "Unhandled"
    assert payload["errorType"] == "Sandbox.Timedout"
    assert payload["errorMessage"].endswith("Task timed out after 1.00 seconds")
    assert before != after
    assert not is_running(before)
    assert any("ended; the next event starts a new one" in line for line in lines)


def test_an_event_leaves_nothing_in_memory_when_it_is_answered(tmp_path: Path) -> None:
    def waits() -> int:
        gc.collect()
        return sum(issubclass(type(each), asyncio.Future) for each in gc.get_objects())

    async def story(pool: Pool[LocalFunction]) -> tuple[int, int]:
        await ask(pool, do="echo")
        before = waits()
        for _ in range(50):
            await ask(pool, do="echo")
        return before, waits()

    (before, after), _ = run(tmp_path, story)
    assert after < before + 25


@pytest.mark.parametrize(
    ("event", "text"),
    [({"do": "exit", "code": 3}, "exit status 3"), ({"do": "kill"}, "signal: SIGKILL")],
    ids=["exit", "kill"],
)
def test_an_environment_that_dies_is_reported_and_replaced(
    tmp_path: Path, event: dict[str, Any], text: str
) -> None:
    async def story(pool: Pool[LocalFunction]) -> tuple[Any, ...]:
        return await ask(pool, **event), await ask(pool, do="echo")

    ((_, payload), after), _ = run(tmp_path, story)
    assert payload["errorType"] == "Runtime.ExitError"
    assert payload["errorMessage"].endswith(f"Runtime exited with error: {text}")
    assert after == {"do": "echo"}


def test_an_event_waits_for_an_environment_that_has_not_asked_and_moves_on_when_it_ends(
    tmp_path: Path,
) -> None:
    """As a stuck engine's environment ends: after the reply, and before it asks for another event."""

    async def story(pool: Pool[LocalFunction]) -> tuple[Any, ...]:
        ended = await ask(pool, do="pid", ending={"after_s": 0.3})
        return ended, await ask(pool, do="pid"), await ask(pool, do="pid")

    (ended, fresh, again), lines = run(tmp_path, story, reserved_concurrency=1)
    assert ended != fresh == again
    assert not is_running(ended)
    assert any(f"environment {ended} ended" in line for line in lines)


def test_an_environment_that_waits_is_taken_before_one_that_may_end(tmp_path: Path) -> None:
    async def story(pool: Pool[LocalFunction]) -> tuple[Any, ...]:
        await asyncio.gather(*(ask(pool, do="sleep", seconds=0.2) for _ in range(2)))
        while not all(each.is_waiting for each in pool.idle):  # both have answered; each asks by itself
            await asyncio.sleep(0.01)
        ended = await ask(pool, do="pid", ending={"after_s": 60})
        return ended, await ask(pool, do="pid"), is_running(ended)

    (ended, other, is_undecided), _ = run(tmp_path, story)
    assert ended != other
    assert is_undecided


def test_a_raised_error_keeps_the_environment(tmp_path: Path) -> None:
    async def story(pool: Pool[LocalFunction]) -> tuple[Any, ...]:
        return await ask(pool, do="pid"), await ask(pool, do="raise"), await ask(pool, do="pid")

    (before, (error, payload), after), _ = run(tmp_path, story)
    assert (error, payload["errorType"], payload["errorMessage"]) == ("Unhandled", "ValueError", "as asked")
    assert before == after


def test_a_module_that_cannot_be_imported_is_reported(tmp_path: Path) -> None:
    async def story(pool: Pool[LocalFunction]) -> Any:
        return await ask(pool)

    (error, payload), _ = run(tmp_path, story, handler="tests.support.handlers.broken.handler")
    assert error == "Unhandled"
    assert "broken at import" in payload["errorMessage"]


def test_an_answer_past_six_megabytes_is_lambdas_error(tmp_path: Path) -> None:
    async def story(pool: Pool[LocalFunction]) -> tuple[Any, ...]:
        return await ask(pool, do="much", size_bytes=7_000_000), await ask(pool, do="echo")

    ((_, payload), after), _ = run(tmp_path, story)
    assert payload["errorType"] == "Function.ResponseSizeTooLarge"
    assert after == {"do": "echo"}


def test_the_function_sees_its_declared_time_memory_and_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")

    async def story(pool: Pool[LocalFunction]) -> tuple[Any, ...]:
        return await ask(pool, do="remaining"), await ask(pool, do="environment")

    (remaining_ms, environment), _ = run(tmp_path, story)
    assert 19_000 < remaining_ms <= 20_000
    assert environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "hublet-faulty"
    assert environment["MODEL_CACHE"] == str(tmp_path)
    assert environment["CUSTOM"] == "1"
    assert "canary" not in environment.values()
    assert not os.path.exists(environment["TMPDIR"])


def test_a_throttled_call_is_told_when_to_come_again(tmp_path: Path) -> None:
    async def story() -> list[httpx2.Response]:
        full = replace(FUNCTION, reserved_concurrency=0)
        async with (
            Cloud([full], tmp_path, lambda _: {}, lambda *_: None) as cloud,
            httpx2.AsyncClient() as client,
        ):
            paths = ("faulty/", "2015-03-31/functions/faulty/invocations")
            return [await client.post(cloud.url + path, json={}) for path in paths]

    for reply in asyncio.run(story()):
        assert (reply.status_code, reply.headers["retry-after"]) == (429, "1")


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        ("broken.handler", "[ERROR] RuntimeError: broken at import"),
        ("faulty.stop", "[ERROR] ValueError: as asked"),
    ],
)
def test_a_failure_without_a_reason_is_shown_with_the_end_of_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], handler: str, words: str
) -> None:
    async def story() -> None:
        broken = replace(FUNCTION, handler=f"tests.support.handlers.{handler}")
        async with Cloud([broken], tmp_path, lambda _: {}, lambda *_: None) as cloud:
            await run_all(cloud, tmp_path / "run.json")

    with pytest.raises(RunFailed) as raised:
        asyncio.run(story())
    assert str(raised.value).startswith("faulty answered 502: ")
    assert str(raised.value).endswith(f"; its log ends with: {words}")
    assert capsys.readouterr().err.endswith(f"{words}\n")


def test_two_functions_prepare_their_models_at_the_same_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each waits for the other: asked one by one, the first would never answer."""
    os.mkfifo(tmp_path / "meeting")
    variables = {"MEETING": str(tmp_path / "meeting")}
    both = [
        replace(
            FUNCTION, name=name, full_name=f"hublet-{name}", handler="tests.support.handlers.meeting.handler"
        )
        for name in ("one", "two")
    ]

    async def story() -> None:
        async with Cloud(both, tmp_path, lambda _: variables, lambda *_: None) as cloud:
            await run_all(cloud, tmp_path / "run.json", at_once=2)

    asyncio.run(story())
    results = json.loads((tmp_path / "run.json").read_text())
    assert [result["function"] for result in results] == ["one", "two"]
    assert "[2 of 2]" in capsys.readouterr().err


def test_a_model_that_is_not_ready_yet_is_asked_for_again(tmp_path: Path) -> None:
    late = replace(FUNCTION, handler="tests.support.handlers.late.handler")
    variables = {"MARK": str(tmp_path / "mark")}

    async def story() -> None:
        async with Cloud([late], tmp_path, lambda _: variables, lambda *_: None) as cloud:
            await run_all(cloud, tmp_path / "run.json")

    asyncio.run(story())
    (result,) = json.loads((tmp_path / "run.json").read_text())
    assert result["model"] == "a/b"


def test_no_concurrency_reserved_means_always_throttled(tmp_path: Path) -> None:
    async def story(pool: Pool[LocalFunction]) -> None:
        with pytest.raises(Throttled):
            await ask(pool)

    run(tmp_path, story, reserved_concurrency=0)


@pytest.mark.parametrize(
    ("host", "status"), [("127.0.0.1:8080", 200), ("localhost", 200), ("evil.example", 400), ("", 400)]
)
def test_it_answers_to_its_own_names_alone(tmp_path: Path, host: str, status: int) -> None:
    """A web page whose name leads to this machine would read what the functions answer."""

    async def story() -> int:
        async with (
            Cloud([FUNCTION], tmp_path, lambda _: {}, lambda *_: None) as cloud,
            httpx2.AsyncClient() as client,
        ):
            return (await client.get(cloud.url, headers={"host": host})).status_code

    assert asyncio.run(story()) == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:3000", 200),
        ("http://127.0.0.1:7860", 200),
        ("https://evil.example", 403),
        ("http://localhost.evil.example", 403),
        ("http://[", 403),
        ("null", 403),
    ],
)
def test_a_page_of_the_web_calls_nothing(tmp_path: Path, origin: str, status: int) -> None:
    """A browser sends a form of any page to this machine."""

    async def story() -> int:
        async with (
            Cloud([FUNCTION], tmp_path, lambda _: {}, lambda *_: None) as cloud,
            httpx2.AsyncClient() as client,
        ):
            return (await client.get(cloud.url, headers={"origin": origin})).status_code

    assert asyncio.run(story()) == status


PAGE = "http://localhost:5173"
CORS = Cors.of_url(
    {
        "Cors": {
            "AllowOrigins": [PAGE],
            "AllowMethods": ["GET", "POST"],
            "AllowHeaders": ["content-type"],
            "ExposeHeaders": ["x-model"],
            "MaxAge": 60,
        }
    }
)
ASKS = {"access-control-request-method": "POST"}


@pytest.mark.parametrize(
    ("cors", "origin", "allowed"),
    [(CORS, PAGE, PAGE), (CORS, "http://localhost:1", None), (Cors(), PAGE, None)],
)
def test_pages_may_call_as_the_template_says(
    tmp_path: Path, cors: Cors, origin: str, allowed: str | None
) -> None:
    """Lambda answers the preflight by itself, and marks each answer; without ``Cors`` it does neither."""

    async def story() -> tuple[httpx2.Response, httpx2.Response]:
        function = replace(FUNCTION, cors=cors)
        async with (
            Cloud([function], tmp_path, lambda _: {}, lambda *_: None) as cloud,
            httpx2.AsyncClient(timeout=60) as client,
        ):
            url, headers = f"{cloud.url}faulty/", {"origin": origin}
            asked = await client.options(url, headers={**headers, **ASKS})
            return asked, await client.post(url, headers=headers, json={"do": "pid"})

    asked, called = asyncio.run(story())
    for reply in (asked, called):
        assert reply.headers.get("access-control-allow-origin") == allowed
    if allowed:
        assert asked.status_code == 200
        assert asked.content == b""
        assert asked.headers["access-control-allow-methods"] == "GET,POST"
        assert asked.headers["access-control-allow-headers"] == "content-type"
        assert asked.headers["access-control-max-age"] == "60"
        assert called.headers["access-control-expose-headers"] == "x-model"
        assert called.headers["vary"] == "origin"
