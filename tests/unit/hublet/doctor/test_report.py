"""The report ends in time, whatever does not answer, and its exit code says how it went."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from hublet import cli
from hublet.doctor import machine
from hublet.doctor.finding import FAIL, OK, WARN, Finding
from hublet.doctor.report import as_json, as_text, checks_for, look

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def silent() -> Iterator[Callable[[], Finding]]:
    """A check that answers when the test is over."""
    over = threading.Event()

    def wait() -> Finding:
        over.wait()
        return Finding(OK, "at last")

    yield wait
    over.set()


def test_what_does_not_answer_is_not_waited_for(silent: Callable[[], Finding]) -> None:
    found = look({"name server": silent, "python": machine.check_python}, longest_s=0.2)
    assert found["name server"].status == FAIL
    assert "no answer within 0.2 s" in found["name server"].text
    assert found["python"].status == OK


def test_a_look_that_breaks_hides_no_other() -> None:
    def broken() -> Finding:
        raise RuntimeError("what")

    found = look({"a": broken, "b": machine.check_python})
    assert (found["a"].status, found["b"].status) == (FAIL, OK)
    assert "RuntimeError: what" in found["a"].text


def test_each_purpose_asks_only_for_what_it_needs() -> None:
    names = {purpose: set(checks_for(purpose, None, "https://hub.example")) for purpose in ("run", "deploy")}
    assert "credentials" not in names["run"]
    assert "models" not in names["deploy"]
    assert set(checks_for(None, None, "https://hub.example")) == names["run"] | names["deploy"]


def test_every_line_says_what_to_do() -> None:
    found = {"a": Finding(OK, "1"), "docker": Finding(FAIL, "not found", "install it")}
    assert as_text(found).splitlines() == [
        "ok    a       1",
        "fail  docker  not found -> install it",
        "",
        "To do: docker. `hublet doctor --for run` shows only what this machine needs.",
    ]
    assert as_text({"a": Finding(WARN, "1")}).endswith("All is well, but see a.")
    assert as_json(found)["ok"] is False


@pytest.mark.parametrize(("status", "code"), [(OK, 0), (WARN, 0), (FAIL, 1)])
def test_the_exit_code_is_the_result(
    status: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def checks(*_: Any) -> dict[str, Callable[[], Finding]]:
        return {"one": lambda: Finding(status, "so")}

    monkeypatch.setattr("hublet.commands.doctor.checks_for", checks)
    assert cli.main(["doctor", "--json"]) == code
    assert json.loads(capsys.readouterr().out)["checks"]["one"]["status"] == status


def test_too_little_room_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 1e9

    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage)
    assert machine.check_disk() == Finding(
        FAIL, "1.0 GB free", "free 3 GB, or let HUBLET_HOME name a folder on another disk"
    )


@pytest.mark.parametrize(("version", "status"), [("v24.1.0", OK), ("v18.2.0", FAIL), ("", FAIL)])
def test_an_old_node_is_a_failure(version: str, status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_run", lambda *_: version)
    monkeypatch.setattr(machine, "find_node", lambda: "node")
    assert machine.check_node().status == status
