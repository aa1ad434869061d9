"""The local cloud hands an answer on piece by piece, over function URLs and InvokeWithResponseStream."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from local.cloud.front import Cloud
from local.commands.invoke import local_client
from tests.support.handlers.function import FUNCTION

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

WAIT_S = 60.0
STREAMING = replace(
    FUNCTION, handler="tests.support.handlers.streaming.handler", streams=True, reserved_concurrency=1
)


@asynccontextmanager
async def cloud_of(tmp_path: Path, **changes: Any) -> AsyncIterator[tuple[Cloud, httpx2.AsyncClient]]:
    function = replace(STREAMING, **changes)
    async with (
        Cloud([function], tmp_path, lambda _: {}, lambda *_: None) as cloud,
        httpx2.AsyncClient(timeout=WAIT_S) as client,
    ):
        yield cloud, client


def post(client: httpx2.AsyncClient, cloud: Cloud, **event: Any) -> Any:
    return client.stream("POST", f"{cloud.url}faulty/", json=event)


def test_each_chunk_reaches_the_caller_before_the_next_is_made(tmp_path: Path) -> None:
    """The second chunk waits for a file that is written when the first has come."""
    gate = tmp_path / "first has come"

    async def story() -> tuple[int, dict[str, str], list[bytes]]:
        async with (
            cloud_of(tmp_path) as (cloud, client),
            post(client, cloud, chunks=["one", "two"], wait_for=[None, str(gate)], status=201) as reply,
        ):
            came = []
            async for chunk in reply.aiter_raw():
                came.append(chunk)
                gate.touch()
            return reply.status_code, dict(reply.headers), came

    status, headers, came = asyncio.run(story())
    assert (status, came) == (201, [b"one", b"two"])
    assert (headers["content-type"], headers["x-request-id"]) == ("text/plain", "1")
    assert "content-length" not in headers


@pytest.mark.parametrize("ending", [{"raise": "as asked"}, {"chunks": ["one", "exit"]}])
def test_a_stream_that_breaks_off_is_seen_to_and_the_next_call_works(
    tmp_path: Path, ending: dict[str, Any]
) -> None:
    async def story() -> list[bytes]:
        async with cloud_of(tmp_path) as (cloud, client):
            came = []
            with pytest.raises(httpx2.RemoteProtocolError):
                async with post(client, cloud, **{"chunks": ["one"], **ending}) as reply:
                    async for chunk in reply.aiter_raw():
                        came.append(chunk)
            async with post(client, cloud, chunks=["fine"]) as reply:
                came.append(await reply.aread())
            return came

    assert asyncio.run(story()) == [b"one", b"fine"]


def test_a_timeout_in_the_middle_breaks_the_stream_off(tmp_path: Path) -> None:
    async def story() -> None:
        async with cloud_of(tmp_path, timeout_s=2) as (cloud, client):
            with pytest.raises(httpx2.RemoteProtocolError):
                async with post(client, cloud, chunks=["1", "2"], wait_for=[None, "/never"]) as reply:
                    await reply.aread()

    asyncio.run(story())


def test_a_caller_that_leaves_ends_the_work_and_leaves_nothing(tmp_path: Path) -> None:
    """A chunk waits until the caller has gone; then nothing more is made. All in one environment."""
    gate, mark = tmp_path / "gone", tmp_path / "made"

    async def story() -> tuple[int, int]:
        async with cloud_of(tmp_path) as (cloud, client):
            async with post(client, cloud, chunks=["pid"]) as reply:
                await reply.aread()
            pool = cloud.pools["faulty"]
            (before,) = pool.idle
            event = {"chunks": ["x"] * 1000, "wait_for": [None, str(gate)], "mark": str(mark)}
            async with post(client, cloud, **event) as reply:
                await anext(reply.aiter_raw())
            await asyncio.to_thread(gate.touch)
            async with asyncio.timeout(WAIT_S):
                while not mark.exists() or not pool.idle:
                    await asyncio.sleep(0.01)
            async with post(client, cloud, chunks=["fine"]) as reply:
                assert await reply.aread() == b"fine"
            (after,) = pool.idle
            return before.pid or 0, after.pid or 1

    before, after = asyncio.run(story())
    assert before == after
    assert int(mark.read_text()) <= 3


def test_an_answer_that_is_not_streamed_comes_raw_as_lambda_shows_it(tmp_path: Path) -> None:
    async def story() -> bytes:
        async with cloud_of(tmp_path) as (cloud, client), post(client, cloud, plain=1) as reply:
            return bytes(await reply.aread())

    assert json.loads(asyncio.run(story())) == {"plain": 1}


def test_boto3_reads_pieces_as_they_come_and_how_it_ended(tmp_path: Path) -> None:
    gate = tmp_path / "first has come"

    def ask(port: int, **event: Any) -> list[Any]:
        client = local_client(port)
        reply = client.invoke_with_response_stream(
            FunctionName="hublet-faulty", Payload=json.dumps(event).encode(), LogType="Tail"
        )
        came = []
        for message in reply["EventStream"]:
            came.append(message.get("PayloadChunk", {}).get("Payload") or message["InvokeComplete"])
            if isinstance(came[-1], bytes) and came[-1].endswith(b"one"):  # perhaps with what came before
                gate.touch()
        client.close()
        return came

    async def story() -> list[list[Any]]:
        async with cloud_of(tmp_path) as (cloud, _):
            port = int(cloud.url.rstrip("/").rpartition(":")[2])
            return [
                await asyncio.to_thread(ask, port, chunks=["one", "two"], wait_for=[None, str(gate)]),
                await asyncio.to_thread(ask, port, chunks=["one"], **{"raise": "as asked"}),
                await asyncio.to_thread(ask, port, plain=1),
            ]

    streamed, broken, plain = asyncio.run(story())
    *pieces, end = streamed
    prelude, _, text = b"".join(pieces).partition(bytes(8))
    assert json.loads(prelude)["statusCode"] == 200
    assert text == b"onetwo"
    assert pieces[-1] == b"two"  # which was written only after the first had been read
    assert "LogResult" in end
    assert "ErrorCode" not in end
    assert broken[-1]["ErrorCode"] == "Unhandled"
    assert json.loads(broken[-1]["ErrorDetails"])["errorMessage"] == "as asked"
    assert json.loads(plain[0]) == {"plain": 1}
