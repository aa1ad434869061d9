"""One factory works on a name; one that was late finds out before others see anything of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from inference.factory.lease import MakingLease
from inference.jobs.refused import LeaseLost
from inference.relay.records import lease_key

if TYPE_CHECKING:
    from inference.relay.bucket import Bucket

NAME = "owner--model/0123456789abcdef"


def test_a_second_factory_leaves_the_work_to_the_first(bucket: Bucket) -> None:
    first = MakingLease.take(bucket, NAME)
    assert first
    assert MakingLease.take(bucket, NAME) is None
    first.check()
    first.end()
    second = MakingLease.take(bucket, NAME)
    assert second
    assert second.making != first.making
    second.end()


def test_a_lease_without_a_heartbeat_is_taken_over(bucket: Bucket) -> None:
    frozen = MakingLease.take(bucket, NAME, heartbeat_s=3600)
    assert frozen
    second = MakingLease.take(bucket, NAME, stale_s=-1)
    assert second
    with pytest.raises(LeaseLost):
        frozen.check()
    with pytest.raises(LeaseLost):
        frozen.check()
    frozen.end()  # says nothing over the other's head
    second.check()
    second.end()


def test_a_heartbeat_keeps_it(bucket: Bucket) -> None:
    lease = MakingLease.take(bucket, NAME, heartbeat_s=0.05)
    assert lease
    before = bucket.read(lease_key(NAME))
    lease._over.wait(0.5)
    after = bucket.read(lease_key(NAME))
    assert before
    assert after
    assert before.etag != after.etag
    lease.check()
    lease.end()


def test_a_document_that_is_none_of_ours_is_taken_over_when_it_is_old(bucket: Bucket) -> None:
    bucket.write(lease_key(NAME), b"not json")
    assert MakingLease.take(bucket, NAME) is None
    lease = MakingLease.take(bucket, NAME, stale_s=-1)
    assert lease
    lease.end()
