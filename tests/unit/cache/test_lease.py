"""Turns of a model: one holder at a time, dead and frozen ones replaced, late ones told."""

from __future__ import annotations

import os
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from inference.cache import lease
from inference.cache.lease import STALE_S, Lease, LeaseHolder, LeaseRecord

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest


def take(folder: Path, stale_s: float = STALE_S) -> LeaseHolder:
    turns = Lease(folder, stale_s)
    held = turns.try_take(turns.latest())
    assert held
    return held


def freeze(held: LeaseHolder, ago_s: float) -> None:
    """As if its holder had stopped so long ago."""
    held._over.set()
    then_s = time.time() - ago_s
    os.utime(lease.path(held.folder, held.token), (then_s, then_s))


def until(is_so: Callable[[], bool], within_s: float = 10) -> None:
    end_s = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < end_s
        time.sleep(0.01)


def test_one_of_many_gets_the_turn(tmp_path: Path) -> None:
    start, taken = threading.Barrier(16), []

    def run() -> None:
        turns = Lease(tmp_path)
        latest = turns.latest()
        start.wait()
        if held := turns.try_take(latest):
            taken.append(held)

    threads = [threading.Thread(target=run) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1
    assert taken[0].is_current
    taken[0].end()


def test_numbers_only_grow(tmp_path: Path) -> None:
    for token in (1, 2, 3):
        held = take(tmp_path)
        assert held.token == token
        held.end()
    assert [path.name for path in tmp_path.glob("lease-*")] == ["lease-3.json"]


def test_a_turn_is_live_until_it_ends(tmp_path: Path) -> None:
    turns, held = Lease(tmp_path), take(tmp_path)
    assert turns.is_live(turns.latest())
    held.note(progress={"stage": "downloading"})
    latest = turns.latest()
    assert latest
    assert latest.note["progress"] == {"stage": "downloading"}
    held.end(failure=None)
    assert not turns.is_live(turns.latest())


def has_changed(path: Path, since_ns: int) -> bool:
    return path.stat().st_mtime_ns > since_ns


def test_a_holder_keeps_its_lease_fresh(tmp_path: Path) -> None:
    held = take(tmp_path, stale_s=0.5)
    own = lease.path(tmp_path, held.token)
    for _ in range(3):
        before_ns = own.stat().st_mtime_ns
        until(partial(has_changed, own, before_ns))
    held.end()


def test_a_frozen_holder_is_replaced_and_learns_of_it(tmp_path: Path) -> None:
    late = take(tmp_path)
    freeze(late, STALE_S - 2)
    turns = Lease(tmp_path)
    assert turns.is_live(turns.latest())
    freeze(late, STALE_S + 1)
    assert not turns.is_live(turns.latest())
    new = take(tmp_path)
    assert (late.is_current, new.is_current) == (False, True)
    late.note(progress={"stage": "late"})
    late.end(failure={"kind": "InternalError"})
    latest = Lease(tmp_path).latest()
    assert latest
    assert (latest.token, "failure" in latest.note, "progress" in latest.note) == (new.token, False, False)
    new.end()


def test_this_machines_clock_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = take(tmp_path)
    now_s = time.time()
    for wrong_s in (-3600, 3600):
        monkeypatch.setattr(time, "time", lambda wrong_s=wrong_s: now_s + wrong_s)
        turns = Lease(tmp_path)
        assert turns.is_live(turns.latest())
    held.end()


def test_a_number_that_was_cleared_away_is_not_taken_again(tmp_path: Path) -> None:
    """Who looked long ago, and comes back with what it saw then."""
    for _ in range(3):
        held = take(tmp_path)
        held.end()
    assert Lease(tmp_path).try_take(LeaseRecord(1, 0.0)) is None
    assert Lease(tmp_path).try_take(LeaseRecord(2, 0.0)) is None
    assert [path.name for path in tmp_path.glob("lease-*")] == ["lease-3.json"]


def test_a_file_that_says_nothing_yet_is_a_turn(tmp_path: Path) -> None:
    own = lease.path(tmp_path, 1)
    for text in ("", "[]", '{"owner'):
        own.write_text(text)
        turns = Lease(tmp_path)
        assert turns.is_live(turns.latest())
    os.utime(own, (0, 0))
    assert take(tmp_path).token == 2


def test_a_heartbeat_in_the_future_holds_nobody(tmp_path: Path) -> None:
    """A clock was wrong, or a hand: it would have held the model until then."""
    freeze(take(tmp_path), ago_s=-365 * 24 * 3600)
    turns = Lease(tmp_path)
    latest = turns.latest()
    assert latest
    assert not turns.is_live(latest)
    held = turns.try_take(latest)
    assert held
    assert held.is_current
    held.end()
