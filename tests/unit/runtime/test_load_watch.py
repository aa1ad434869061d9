"""A load that is waited for: one that hangs is told from one that is only slow."""

from __future__ import annotations

import itertools
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any

import pytest

from inference.runtime import load_watch
from inference.runtime.load_watch import LoadWatch

WAIT_S = 0.3


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> LoadWatch:
    monkeypatch.setattr(load_watch, "ENOUGH_TO_TELL_S", WAIT_S / 2)
    return LoadWatch()


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever other threads of the tests' process do, no processor time is counted."""
    monkeypatch.setattr(time, "process_time", lambda: 0.0)


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a process that reads a file: each look counts a little more."""
    used_s = itertools.count(step=load_watch.IDLE_CPU_S)
    monkeypatch.setattr(time, "process_time", lambda: next(used_s))


def wait(watch: LoadWatch, load: Future[Any], seconds: float = WAIT_S) -> None:
    with pytest.raises(FutureTimeout):
        watch.result(load, seconds)


def test_a_load_that_ends_is_handed_on(watch: LoadWatch) -> None:
    load: Future[str] = Future()
    assert not watch.is_stuck
    load.set_result("engine")
    assert watch.result(load, 0) == "engine"
    assert not watch.is_stuck


@pytest.mark.usefixtures("idle")
def test_one_that_does_not_move_is_stuck_until_it_ends(watch: LoadWatch) -> None:
    load: Future[str] = Future()
    wait(watch, load)
    assert watch.is_stuck
    load.set_result("late")
    assert not watch.is_stuck


@pytest.mark.usefixtures("busy")
def test_one_that_moves_is_slow(watch: LoadWatch) -> None:
    wait(watch, Future())
    assert not watch.is_stuck


@pytest.mark.usefixtures("idle")
def test_a_short_wait_tells_nothing(watch: LoadWatch) -> None:
    wait(watch, Future(), WAIT_S / 10)
    assert not watch.is_stuck


@pytest.mark.usefixtures("busy")
def test_one_that_moves_for_longer_than_any_call_lasts_is_stuck_too(
    watch: LoadWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load_watch, "LONGEST_S", 1.5 * WAIT_S)
    load: Future[str] = Future()
    wait(watch, load)
    assert not watch.is_stuck
    wait(watch, load)
    assert watch.is_stuck
    wait(watch, Future())  # of another load nothing is known yet
    assert not watch.is_stuck


@pytest.mark.usefixtures("idle")
def test_waits_of_other_loads_do_not_count(watch: LoadWatch) -> None:
    stuck: Future[str] = Future()
    wait(watch, stuck)
    wait(watch, Future(), WAIT_S / 10)
    assert not watch.is_stuck
