"""What fails to load again and again is held for longer each time; another making is tried at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from inference.errors import InternalError, ModelUnavailable
from inference.runtime.failed_loads import FailedLoads
from tests.support.models.manifests import manifest as make_manifest

if TYPE_CHECKING:
    from inference.cache.artifact import Manifest


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def failed(clock: Clock) -> FailedLoads:
    return FailedLoads(clock)


@pytest.fixture
def manifest() -> Manifest:
    return make_manifest("onnx", "text-classification")


def held_s(failed: FailedLoads, manifest: Manifest) -> float:
    try:
        failed.check(manifest)
    except InternalError as error:
        return error.retry_after_s or 0.0
    return 0.0


def test_holds_grow_up_to_a_bound(failed: FailedLoads, manifest: Manifest) -> None:
    holds = []
    for _ in range(7):
        failed.note(manifest, RuntimeError("secret"))
        holds.append(held_s(failed, manifest))
    assert holds == [0, 0, 30, 60, 120, 240, 300]


def test_a_hold_ends(failed: FailedLoads, manifest: Manifest, clock: Clock) -> None:
    for _ in range(3):
        failed.note(manifest, RuntimeError("secret"))
    clock.now_s += 20
    assert held_s(failed, manifest) == 10
    clock.now_s += 10
    assert held_s(failed, manifest) == 0


def test_the_error_is_the_one_that_callers_may_see(failed: FailedLoads, manifest: Manifest) -> None:
    for _ in range(3):
        failed.note(manifest, ModelUnavailable("needs the full image"))
    with pytest.raises(ModelUnavailable, match="needs the full image"):
        failed.check(manifest)


def test_another_making_is_not_blamed(failed: FailedLoads, manifest: Manifest) -> None:
    for _ in range(3):
        failed.note(manifest, RuntimeError("secret"))
    failed.check(replace(manifest, created="2026-01-02T00:00:00+00:00"))
    failed.forget(manifest)
    failed.check(manifest)
