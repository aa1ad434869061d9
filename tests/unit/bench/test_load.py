"""How a load run judges: what is wrong, what is refused, when a service is back to normal."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

from bench.load import mix as load_mix
from bench.load.answers import find_alike, is_same
from bench.load.driver import NO_ANSWER, Calls, Driver
from bench.load.mix import LoadRequest
from bench.load.service import ENVIRONMENTS, MemorySamples, median_by_quarter, write_template_for_shared_cores
from bench.load.verdict import RECOVERED_CALLS, LoadResult, find_recovery_s, judge, passes, to_json

if TYPE_CHECKING:
    from pathlib import Path

RIGHT = [[{"label": "GOOD", "score": 0.75}]]
REQUEST = LoadRequest("sentiment", b'{"inputs": "fine"}', RIGHT, json.dumps(RIGHT).encode())
FUNCTIONS = ("sentiment", "embeddings")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([[{"label": "GOOD", "score": 0.75}]], True),
        ([[{"label": "GOOD", "score": 0.750_001}]], True),
        ([[{"label": "GOOD", "score": 0.751}]], False),
        ([[{"label": "BAD", "score": 0.75}]], False),
        ([[{"label": "GOOD", "score": "0.75"}]], False),
        ([[{"label": "GOOD"}]], False),
        ([], False),
        (None, False),
    ],
)
def test_an_answer_may_differ_in_the_last_digits_of_a_number_alone(given: Any, expected: bool) -> None:
    assert is_same(given, RIGHT) is expected


def test_answers_that_a_swap_would_not_show_are_found() -> None:
    assert find_alike([[0.1, 1], [0.2, 1], [0.1002, 1]]) == [(0, 2)]
    assert find_alike(["one", "two"]) == []


def calls(*statuses: int, taken_s: float = 0.01, begin_s: float = 0.0, every_s: float = 0.1) -> Calls:
    made = Calls(FUNCTIONS)
    for number, status in enumerate(statuses):
        made.due_s.append(begin_s + number * every_s)
        made.taken_s.append(taken_s)
        made.function.append(0)
        made.status.append(status)
    return made


def found(**changes: Any) -> LoadResult:
    memory = MemorySamples([100.0] * 8, [40.0] * 8)
    quiet = {name: calls(*[200] * 50) for name in ("saturated", "steady", "burst", "after")}
    given: dict[str, Any] = {
        "minutes": 30,
        "capacity_per_s": 10,
        "steady_per_s": 8,
        "burst_end_s": 1.0,
        "memory": memory,
        "environments_ended": 0,
        "foreign_cpu": 0.0,
        "stolen_cpu": 0.0,
        **quiet,
    }
    made = LoadResult(**{**given, **changes})
    made.steady.functions = made.steady.functions[:1]
    return made


def test_a_run_that_keeps_everything_passes() -> None:
    assert passes(judge(found()))
    assert json.loads(json.dumps(to_json(found())))["passes"] is True


def wrong() -> Calls:
    made = calls()
    made.add(REQUEST, time.monotonic(), 200, b"[]", None)
    return made


@pytest.mark.parametrize(
    "changes",
    [
        {"burst": wrong()},
        {"steady": calls(*[200] * 50, 502)},
        {"burst": calls(NO_ANSWER)},
        {"environments_ended": 1},
        {"memory": MemorySamples([100.0] * 6 + [106.0] * 2, [40.0] * 8)},
        {"memory": MemorySamples([100.0] * 8, [40.0] * 6 + [43.0] * 2)},
    ],
    ids=["wrong answer", "502", "no answer", "an environment ended", "environments grow", "the cloud grows"],
)
def test_what_is_ours_fails_a_run_of_any_length(changes: dict[str, Any]) -> None:
    assert not passes(judge(found(**changes)))
    assert not passes(judge(found(**changes, minutes=5)))


@pytest.mark.parametrize(
    "changes",
    [
        {"steady": calls(*[200] * 50, 429)},
        {"after": calls(*[429] * 50)},
        {"after": calls(*[200] * 50, taken_s=0.5)},
    ],
    ids=["steady load refused", "never back", "slow for ever"],
)
def test_what_is_also_the_machine_s_fails_a_long_run_alone(changes: dict[str, Any]) -> None:
    assert not passes(judge(found(**changes)))
    assert passes(judge(found(**changes, minutes=5)))


def test_a_refusal_has_to_say_when_to_come_again() -> None:
    made = Calls(FUNCTIONS)
    for retry_after in ("1", None, "soon"):
        made.add(REQUEST, time.monotonic(), 429, b"", retry_after)
    assert (made.refused, made.without_retry_after, made.unexpected) == (3, 2, 0)
    assert len(made.examples) == 2


def test_a_service_is_back_with_the_first_of_many_calls_that_are_as_before() -> None:
    after = calls(*[429] * 15, *[200] * 5, 429, *[200] * RECOVERED_CALLS)
    assert find_recovery_s(found(after=after)) == pytest.approx(1.1)
    assert (
        find_recovery_s(found(after=calls(*[200] * RECOVERED_CALLS))) is None
    )  # not enough since the burst's end


def test_memory_is_held_by_quarter() -> None:
    assert median_by_quarter([1, 1, 2, 2, 3, 3, 4, 100, 4]) == [1, 2, 3, 4]


def test_environments_that_share_cores_are_few_and_have_one_thread_each(tmp_path: Path) -> None:
    def function(memory_mb: int) -> dict[str, Any]:
        properties = {"MemorySize": memory_mb, "Timeout": 900, "Environment": {"Variables": {"TASK": "spam"}}}
        return {"Type": "AWS::Lambda::Function", "Properties": properties}

    template = tmp_path / "given.json"
    others = {
        "C": {"Type": "AWS::S3::Bucket", "Properties": {}},
        "D": {"Type": "AWS::Lambda::Function", "Properties": {"MemorySize": 7076}},
    }
    template.write_text(json.dumps({"Resources": {"A": function(512), "B": function(10_240), **others}}))
    (tmp_path / "made").mkdir()
    made = json.loads(write_template_for_shared_cores(template, tmp_path / "made").read_text())["Resources"]
    for name, memory_mb in (("A", 512), ("B", 1769)):
        given = function(memory_mb)["Properties"]
        assert made[name]["Properties"] == {**given, "ReservedConcurrentExecutions": ENVIRONMENTS}
    assert {name: made[name] for name in others} == others


def test_a_call_s_time_runs_from_when_it_was_due(monkeypatch: pytest.MonkeyPatch) -> None:
    async def blocks(self: Driver, request: LoadRequest) -> tuple[int, bytes, None]:
        time.sleep(0.05)  # a driver that cannot keep up: each call begins later than it was due
        return 200, request.answer_bytes, None

    monkeypatch.setattr(Driver, "ask", blocks)
    driver = Driver("http://127.0.0.1:1/", FUNCTIONS)
    paced = asyncio.run(driver.run_paced(iter([REQUEST] * 5), per_s=1000, seconds=0.005))
    assert paced.times_s()[-1] > 0.2


@pytest.mark.parametrize("function", load_mix.MAKERS)
def test_requests_differ_and_come_again_from_the_same_seed(function: str) -> None:
    made = load_mix.make_requests(function, seed=1)
    assert made == load_mix.make_requests(function, seed=1)
    assert made != load_mix.make_requests(function, seed=2)
    assert len({request.body for request in made}) == load_mix.REQUESTS


def test_the_load_is_the_same_for_each_function() -> None:
    mix = [replace(REQUEST, function=name, body=bytes([index])) for name in "abc" for index in range(2)]
    sent = list(islice(load_mix.cycle_requests(mix, seed=1), 30))
    assert all({each.function for each in sent[turn : turn + 3]} == set("abc") for turn in range(0, 30, 3))
    assert {each.body for each in sent} == {b"\0", b"\1"}
