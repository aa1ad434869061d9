"""What is said of a child that ended without a word: memory only where that may be it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from inference.cache.layout import CacheLayout
from inference.cache.lease import LeaseHolder
from inference.deadline import Deadline
from inference.jobs import process
from inference.prepare.preparation import Failed, HubAccess, Preparation
from inference.prepare.spec import ArtifactSpec
from inference.task import Model

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (-signal.SIGKILL, "ended while starting: if that was for memory, raise spam.memory"),
        (-signal.SIGABRT, "ended while starting: if that was for memory, raise spam.memory"),
        (-signal.SIGSEGV, "ended while starting: by signal 11"),
        (1, "ended while starting: an error of ours, which the log has"),
    ],
)
def test_memory_is_named_only_where_it_may_be_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, told: str
) -> None:
    def die(module: str, job: object, environment: object, deadline: object, follow: object) -> None:
        raise process.Died(code)

    monkeypatch.setattr(process, "run", die)
    holder = LeaseHolder(tmp_path, after=None, heartbeat_every_s=60.0)
    assert holder.begin()
    preparation = Preparation(
        layout=CacheLayout(tmp_path),
        hub=HubAccess("http://127.0.0.1:9", None, {}),
        spec=ArtifactSpec("any-tag", (), "auto", threads=1, memory_mb=512, memory_option="spam.memory"),
        model=Model("hublet/tiny"),
        holder=holder,
        deadline=Deadline.after(60),
        report=lambda line: None,
    )
    with pytest.raises(Failed, match=told):
        preparation.make()
    holder.end()
