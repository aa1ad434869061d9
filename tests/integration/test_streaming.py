"""A real engine behind the local cloud, with a tiny model: the official clients read what it writes."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import openai
import pytest
from huggingface_hub import InferenceClient

from bench.account import stream_probe
from inference.convert.genai import recipe
from inference.convert.recipe import Source
from inference.tasks import get_task
from local.cloud.front import Cloud
from local.commands.invoke import local_client
from tests.support.events import url_event
from tests.support.handlers.function import FUNCTION
from tests.support.models import converted
from tests.support.models.decoders import make_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

MODEL, COMMIT = "test/model", "a" * 40  # as the made artifact is named
TAG = "text-generation"
PROMPT = "Hello there my friend"
MESSAGES: Any = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": PROMPT}]
VARIABLES = {
    "TASK": "chat",
    "MODEL": MODEL,
    "REVISION": COMMIT,
    "PRECISION": "fp32",
    "MODEL_CACHE": "/mnt/models",
    "HF_ENDPOINT": "http://127.0.0.1:9",
    "INVOKE_MODE": "RESPONSE_STREAM",
}
CHAT = replace(
    FUNCTION,
    name="chat",
    full_name="hublet-chat",
    task=get_task("chat"),
    memory_mb=1769,
    timeout_s=60,
    environment=VARIABLES,
    reserved_concurrency=1,
    handler="inference.handler.handler",
    streams=True,
)
LEAVING = 100
MOST_GROWTH_MB = 20
WAIT_S = 60.0


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    snapshot = make_snapshot(tmp_path_factory.mktemp("llama"), "llama")
    config = json.loads((snapshot / "config.json").read_text())
    parent = folder / "artifacts" / MODEL.replace("/", "--") / COMMIT
    parent.mkdir(parents=True)
    source = Source(snapshot, config, TAG, (MESSAGES, PROMPT), "fp32", 1)
    converted.convert(recipe, source, parent, engine="genai", head=TAG)
    return folder


@pytest.fixture(scope="module")
def cloud(cache: Path) -> Iterator[Cloud]:
    """Running on a thread of its own, so that clients that wait can be used."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> Cloud:
        return await Cloud([CHAT], cache, lambda _: {}, lambda *_: None).__aenter__()

    running = asyncio.run_coroutine_threadsafe(start(), loop).result(WAIT_S)
    try:
        yield running
    finally:
        asyncio.run_coroutine_threadsafe(running.__aexit__(), loop).result(WAIT_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(WAIT_S)
        loop.close()


@pytest.fixture
def client(cloud: Cloud) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        base_url=f"{cloud.url}chat/v1", api_key="none", max_retries=0, timeout=WAIT_S
    ) as client:
        yield client


def test_openai_reads_the_same_words_one_by_one(client: openai.OpenAI) -> None:
    asked: Any = {"model": "default", "messages": MESSAGES, "max_tokens": 20, "temperature": 0}
    whole = client.chat.completions.create(**asked)
    options: Any = {"include_usage": True}
    chunks = list(client.chat.completions.create(**asked, stream=True, stream_options=options))
    said = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    assert "".join(each or "" for each in said) == whole.choices[0].message.content
    assert len([each for each in said if each]) > 3
    assert chunks[-2].choices[0].finish_reason == whole.choices[0].finish_reason
    assert chunks[-1].usage == whole.usage


def test_openai_reads_several_prompts(client: openai.OpenAI) -> None:
    asked: Any = {"model": "default", "prompt": [PROMPT, "One two"], "max_tokens": 6, "temperature": 0}
    whole = client.completions.create(**asked)
    said = ["", ""]
    for chunk in client.completions.create(**asked, stream=True):
        said[chunk.choices[0].index] += chunk.choices[0].text
    assert said == [choice.text for choice in whole.choices]


def test_the_hubs_client_reads_them_too(cloud: Cloud) -> None:
    hub = InferenceClient(model=f"{cloud.url}chat", timeout=WAIT_S)
    whole = hub.text_generation(PROMPT, max_new_tokens=12)
    assert "".join(hub.text_generation(PROMPT, max_new_tokens=12, stream=True)) == whole
    detailed = hub.text_generation(PROMPT, max_new_tokens=12, details=True)
    assert detailed.generated_text == whole
    assert detailed.details
    assert len(detailed.details.tokens) == detailed.details.generated_tokens == 12
    tokens = list(hub.text_generation(PROMPT, max_new_tokens=12, stream=True, details=True))
    assert tokens[-1].generated_text == whole
    assert tokens[-1].details
    assert tokens[-1].details.generated_tokens == 12
    said = [chunk.choices[0].delta.content for chunk in hub.chat_completion(MESSAGES, stream=True)]
    assert len(said) > 3


def test_a_stop_string_never_leaks_in_part(client: openai.OpenAI) -> None:
    asked: Any = {"model": "default", "prompt": PROMPT, "max_tokens": 30, "temperature": 0}
    whole = client.completions.create(**asked).choices[0].text
    stop = whole[5:9]
    pieces = [chunk.choices[0].text for chunk in client.completions.create(**asked, stop=[stop], stream=True)]
    assert "".join(pieces) == whole[: whole.index(stop)]


def test_boto3_reads_them_from_the_event_of_an_http_call(cloud: Cloud) -> None:
    event = url_event({"messages": MESSAGES, "max_tokens": 8, "stream": True}, path="/v1/chat/completions")
    lambda_ = local_client(int(cloud.url.rstrip("/").rpartition(":")[2]))
    reply = lambda_.invoke_with_response_stream(FunctionName="hublet-chat", Payload=json.dumps(event))
    *chunks, end = list(reply["EventStream"])
    lambda_.close()
    prelude, _, events = b"".join(chunk["PayloadChunk"]["Payload"] for chunk in chunks).partition(bytes(8))
    assert json.loads(prelude)["headers"]["content-type"] == "text/event-stream"
    assert events.count(b"data: {") > 3
    assert events.endswith(b"data: [DONE]\n\n")
    assert end["InvokeComplete"] == {}


def test_the_probe_says_that_answers_stream(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    """What it says of a stream that was held back is a matter of two numbers."""
    port = cloud.url.rstrip("/").rpartition(":")[2]
    assert stream_probe.main(["--port", port]) == 0
    assert "pieces" in capsys.readouterr().out
    assert stream_probe.main(["--deployed", "no/such/file.json"]) == 1
    assert "make deploy writes" in capsys.readouterr().err
    assert "comes as it is written" in stream_probe.told(stream_probe.Seen(0.1, 1.0, 20))
    assert "held back" in stream_probe.told(stream_probe.Seen(0.95, 1.0, 20))


def test_other_replies_are_whole_documents(cloud: Cloud) -> None:
    for path, status in (("", 200), ("health", 200), ("nowhere", 404)):
        reply = httpx2.get(f"{cloud.url}chat/{path}", timeout=WAIT_S)
        assert (reply.status_code, bool(reply.json())) == (status, True)


def test_a_hundred_who_leave_leave_nothing(cloud: Cloud, client: openai.OpenAI) -> None:
    """Same process, same threads, same memory; and the next answer is right."""
    asked: Any = {"model": "default", "messages": MESSAGES, "max_tokens": 60, "temperature": 0}
    whole = client.chat.completions.create(**asked).choices[0].message.content

    def leave(times: int) -> None:
        for _ in range(times):
            with httpx2.stream(
                "POST", f"{cloud.url}chat/v1/chat/completions", json={**asked, "stream": True}, timeout=WAIT_S
            ) as reply:
                if reply.status_code == 200:
                    next(reply.iter_raw())
            until_idle(cloud)

    leave(10)
    (environment,) = cloud.pools["chat"].idle
    before = state_of(environment.pid)
    leave(LEAVING)
    assert cloud.pools["chat"].idle == (environment,)
    after = state_of(environment.pid)
    assert after[0] == before[0]
    assert after[1] < before[1] + MOST_GROWTH_MB
    assert client.chat.completions.create(**asked).choices[0].message.content == whole


def until_idle(cloud: Cloud) -> None:
    """The one environment has been given back."""
    done = threading.Event()
    for _ in range(int(WAIT_S * 200)):
        if cloud.pools["chat"].idle:
            return
        done.wait(0.005)
    raise AssertionError("the environment is still busy")


def state_of(pid: int | None) -> tuple[int, float]:
    """Threads, and resident MB."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status["Threads"]), int(status["VmRSS"].split()[0]) / 1024
