"""``make bench-stream``: when the first token is there, how fast the others follow, and a second turn.

Ours is a function of the local cloud, asked over HTTP at its URL: what the caller sees. The engine alone is
a script on the same files, and torch is the pipeline with its streamer; neither of them passes HTTP.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.speed.cases import CASES
from bench.speed.cases.words import make_text
from bench.speed.contenders import BaselineContender, BenchFailed, pause, resume
from bench.speed.measure import Unavailable, make_repository
from inference.settings import RESPONSE_STREAM
from inference.tasks import get_task
from local.cloud.front import Cloud
from local.cloud.template import LocalFunction
from local.hub.server import HubServer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.speed.cases.case import Case

BUILD = Path("build/bench")
TIMEOUT_S = 900
TOKENS = 64
PROMPTS = {"32 tokens": 32, "512 tokens": 512}
"""Words of a prompt; each is one token."""
CONVERSATION_WORDS = 950
"""With the template's own tokens and the first answer, about 1,000 tokens."""
ANSWER_TOKENS = 24
TURNS = "{% for message in messages %}{{ message.role }} says {{ message.content }} and {% endfor %}"
QUESTION = "And what did they say about the music?"


def _make_smollm2(folder: Path) -> None:
    """As it is in its package; an answer of a fixed least length would not be kept for a second turn."""
    from local.demo.packaged.smollm2 import make

    make(folder)


def _make_tiny(folder: Path) -> None:
    """A miniature that holds conversations."""
    _FIXED_LENGTH.make_tiny(folder)
    (folder / "generation_config.json").unlink()
    config = folder / "tokenizer_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"chat_template": TURNS}))


(_FIXED_LENGTH,) = (case for case in CASES if case.name == "smollm2-135m")
CASE = replace(_FIXED_LENGTH, name="smollm2-135m-free", make=_make_smollm2, make_tiny=_make_tiny)
OURS, ANEW = "chat", "anew"
"""Two functions; the second keeps nothing of a conversation."""


@dataclass(frozen=True)
class Streamed:
    """One answer, as it came."""

    first_s: float
    """From sending to the first piece of text."""
    whole_s: float
    tokens: int
    text: str


def stream(url: str, path: str, body: Mapping[str, Any]) -> Streamed:
    """Ask for a stream of server-sent events, and read it as it comes."""
    asked = {**body, "temperature": 0, "stream": True, "stream_options": {"include_usage": True}}
    request = urllib.request.Request(url + path, json.dumps(asked).encode())
    request.add_header("content-type", "application/json")
    started_s = time.perf_counter()
    first_s, tokens, pieces = 0.0, 0, []
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as reply:
        for line in reply:
            if not line.startswith(b"data: {"):
                continue
            event = json.loads(line[len(b"data: ") :])
            if "error" in event:
                raise BenchFailed(f"the stream ended: {event['error']}")
            piece = "".join(_text(choice) for choice in event["choices"])
            if piece:
                first_s = first_s or time.perf_counter() - started_s
                pieces.append(piece)
            tokens = (event.get("usage") or {}).get("completion_tokens", tokens)
    return Streamed(first_s, time.perf_counter() - started_s, tokens, "".join(pieces))


def _text(choice: Mapping[str, Any]) -> str:
    return choice.get("text") or (choice.get("delta") or {}).get("content") or ""


def whole(url: str, path: str, body: Mapping[str, Any]) -> tuple[float, int]:
    """Ask for an answer in one piece: seconds and tokens."""
    request = urllib.request.Request(url + path, json.dumps({**body, "temperature": 0}).encode())
    request.add_header("content-type", "application/json")
    started_s = time.perf_counter()
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as reply:
        answer = json.load(reply)
    return time.perf_counter() - started_s, answer["usage"]["completion_tokens"]


async def measure(case: Case, pairs: int, build: Path = BUILD, words: int = 0) -> list[dict[str, Any]]:
    """A row for each prompt, and one for the second turn; ``words`` makes all prompts so short."""
    folder = make_repository(case, build / "models")
    functions = [_function(case, OURS, "true"), _function(case, ANEW, "false")]
    log: list[str] = []
    with tempfile.TemporaryDirectory(prefix="hublet-stream-") as cache, HubServer(build / "models") as hub:
        overrides = {"HF_ENDPOINT": hub.url, **case.variables}
        async with Cloud(
            functions, Path(cache), lambda _: overrides, lambda _, line: log.append(line)
        ) as cloud:
            urls = [cloud.function_url(name) for name in (OURS, ANEW)]
            for url in urls:  # the first one prepares the model
                await asyncio.to_thread(whole, url, "v1/completions", {"prompt": "Once", "max_tokens": 2})
            (artifact,) = [found.parent for found in Path(cache).glob("artifacts/*/*/*/manifest.json")]
            rows = [
                await _one_turn(case, label, words or count, urls[0], artifact, folder, pairs)
                for label, count in PROMPTS.items()
            ]
            return [*rows, await _second_turn(urls, words or CONVERSATION_WORDS, pairs)]


def _function(case: Case, name: str, caches: str) -> LocalFunction:
    return LocalFunction(
        name=name,
        full_name=f"bench-{name}",
        task=get_task(case.task),
        memory_mb=case.memory_mb,
        timeout_s=TIMEOUT_S,
        environment={
            "TASK": case.task,
            "MODEL": case.repository,
            "PRECISION": case.precision,
            "PROMPT_CACHING": caches,
            "INVOKE_MODE": RESPONSE_STREAM,
        },
        mount_path="/mnt/models",
        reserved_concurrency=1,
        streams=True,
    )


async def _one_turn(
    case: Case, label: str, words: int, url: str, artifact: Path, repository: Path, pairs: int
) -> dict[str, Any]:
    """Ours streamed, ours in one piece, the engine alone and torch, in turn."""
    engine = BaselineContender(replace(case, kind="chat_stream"), artifact)
    torch = BaselineContender(replace(case, kind="torch_stream"), repository, name="torch")
    figures: dict[str, list[float]] = {}
    try:
        for scripted in (engine, torch):
            await scripted.cold({"prompt": "Once", "tokens": 2})
            pause(scripted)
        for turn in range(pairs + 1):
            # Another beginning each time: nothing is kept of the round before.
            prompt = " ".join(make_text(turn + words).split()[turn:])
            body = {"prompt": prompt, "max_tokens": TOKENS}
            ours = await asyncio.to_thread(stream, url, "v1/completions", body)
            whole_s, tokens = await asyncio.to_thread(
                whole, url, "v1/completions", {**body, "prompt": f"so {prompt}"}
            )
            engine_s = await _scripted(engine, prompt)
            torch_s = await _scripted(torch, prompt)
            if turn == 0:
                continue  # fills caches
            seen = {
                "first_ms": ours.first_s * 1000,
                "engine_ms": engine_s[1] * 1000,  # the prompt, the first token, and one step
                "torch_ms": torch_s[0] * 1000,
                "first_of_whole": ours.first_s / ours.whole_s,
                "per_s": ours.tokens / ours.whole_s,
                "times_whole": (ours.tokens / ours.whole_s) / (tokens / whole_s),
                "times_engine": ours.first_s / engine_s[1],
                "times_torch": torch_s[0] / ours.first_s,
            }
            for name, value in seen.items():
                figures.setdefault(name, []).append(value)
    finally:
        await engine.end()
        await torch.end()
    return {"prompt": label, **{name: statistics.median(values) for name, values in figures.items()}}


async def _scripted(contender: BaselineContender, prompt: str) -> list[float]:
    resume(contender)
    await contender.warm({"prompt": prompt, "tokens": TOKENS}, 1)
    pause(contender)
    return list(contender.answer)


async def _second_turn(urls: Sequence[str], words: int, pairs: int) -> dict[str, Any]:
    """The first token of a conversation's second answer, with what was kept of the first and without."""
    kept_s, anew_s, alike = [], [], 0
    for turn in range(pairs + 1):
        first = [{"role": "user", "content": f"Story {turn}: {make_text(words)}. What is it about?"}]
        seconds = []
        answers = []
        for url in urls:
            opening = {"messages": first, "max_tokens": ANSWER_TOKENS}
            said = await asyncio.to_thread(stream, url, "v1/chat/completions", opening)
            turns = [*first, {"role": "assistant", "content": said.text}]
            turns.append({"role": "user", "content": QUESTION})
            again = await asyncio.to_thread(
                stream, url, "v1/chat/completions", {"messages": turns, "max_tokens": ANSWER_TOKENS}
            )
            seconds.append(again.first_s)
            answers.append(again.text)
        if turn:
            kept_s.append(seconds[0])
            anew_s.append(seconds[1])
            alike += answers[0] == answers[1]
    ratio = statistics.median(kept / anew for kept, anew in zip(kept_s, anew_s, strict=True))
    return {
        "kept_ms": statistics.median(kept_s) * 1000,
        "anew_ms": statistics.median(anew_s) * 1000,
        "times_anew": ratio,
        "alike": alike,
        "of": pairs,
    }


def tables(rows: Sequence[Mapping[str, Any]]) -> str:
    """The figures in Markdown."""
    *prompts, second = rows
    lines = [
        "| prompt | first token, ms | engine alone: prompt and one step, ms | times the engine | torch, ms "
        "| times faster than torch | first of the whole | tokens/s | of those in one piece |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {row['prompt']} | {row['first_ms']:.0f} | {row['engine_ms']:.0f} | {row['times_engine']:.2f} "
        f"| {row['torch_ms']:.0f} | {row['times_torch']:.1f} | {row['first_of_whole']:.2f} "
        f"| {row['per_s']:.0f} | {row['times_whole']:.2f} |"
        for row in prompts
    ]
    lines += [
        "",
        "| second turn | first token, ms |",
        "|---|---:|",
        f"| with what was kept of the first | {second['kept_ms']:.0f} |",
        f"| read from its beginning | {second['anew_ms']:.0f} |",
        f"| of it | {second['times_anew']:.2f} |",
        f"| same answers | {second['alike']} of {second['of']} |",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure SmolLM2 with its real weights, and print two tables."""
    parser = argparse.ArgumentParser(prog="make bench-stream", description=__doc__)
    parser.add_argument(
        "--model", default="smollm2-135m", choices=[c.name for c in CASES if c.kind == "chat"]
    )
    parser.add_argument("--pairs", type=int, default=7)
    chosen = parser.parse_args()
    try:
        rows = asyncio.run(measure(CASE, chosen.pairs))
    except (Unavailable, BenchFailed) as problem:
        sys.exit(str(problem))
    print(tables(rows))


if __name__ == "__main__":
    main()
