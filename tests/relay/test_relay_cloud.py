"""The default template on this machine: asked, made, delivered, answered."""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path

import pytest

from tests.support.leftovers import descendants
from tests.support.paths import ROOT
from tests.support.served import serve, synth

GOOD = {"inputs": "I love it, it works great!"}

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def relayed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synth(ROOT, tmp_path_factory.mktemp("relay"), "-c", "tasks=sentiment,spam")


def test_a_first_call_goes_through_the_relay(relayed: Path, tmp_path: Path) -> None:
    with serve("--template", str(relayed), "--cache", str(tmp_path)) as served:
        assert served.get("sentiment/health").json()["model"] == "cold"
        assert served.post("sentiment/", GOOD).json()[0][0]["label"] == "POSITIVE"
        assert served.get("sentiment/health").json() == {"status": "ok", "model": "ready"}
        served.wait_for("marked as loaded")
        said = [json.loads(line.partition("] ")[2]) for line in served.log if '"outcome"' in line]
        assert [each["outcome"] for each in said] == ["made", "delivered", "marked as loaded"]
    # The functions that serve downloaded nothing: no part of the Hub's cache is on theirs.
    assert not (tmp_path / "hub").exists()
    with serve("--template", str(relayed), "--cache", str(tmp_path), "--hub", "http://127.0.0.1:9") as again:
        # Another start has another bucket, empty; what is on the cache needs neither it nor a Hub.
        assert "downloading" not in "".join(again.log)


def test_a_factory_that_dies_is_followed_by_another(relayed: Path, tmp_path: Path) -> None:
    """The waiting call notices and asks again."""
    with serve("--template", str(relayed), "--cache", str(tmp_path), "--tasks", "spam") as served:
        answers: list[int] = []
        call = threading.Thread(target=lambda: answers.append(served.post("spam/", GOOD).status_code))
        call.start()
        served.wait_for('"stage":"converting"')
        (factory,) = [pid for pid in served.children() if _is_factory(pid)]
        for pid in (factory, *descendants(factory)):
            os.kill(pid, signal.SIGKILL)
        call.join()
        assert answers == [200]


def _is_factory(pid: int) -> bool:
    return b"inference.factory.handler.handler" in Path(f"/proc/{pid}/cmdline").read_bytes()
