"""Work in a child process: what it leaves behind, files and processes, is gone however it ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from inference.deadline import Deadline
from inference.jobs import process
from tests.support.leaving_child import LeavingJob
from tests.support.leftovers import assert_gone
from tests.support.paths import ROOT
from tests.support.printing_child import FORGED, PrintingJob
from tests.support.spawning_child import SpawningJob

MODULE = "tests.support.leaving_child"


@dataclass
class LateJob:
    """A job whose bytes are encoded while it is written."""

    picture: bytes


@pytest.mark.parametrize("dies", [False, True])
def test_temporary_files_go_with_the_child(dies: bool) -> None:
    left: list[Path] = []

    def note(line: dict[str, str]) -> None:
        left.append(Path(line["stage"]))
        assert left[0].exists()

    environment = {"PATH": os.environ["PATH"]}
    if dies:
        with pytest.raises(process.Died):
            process.run(MODULE, LeavingJob(dies=True), environment, Deadline.after(60), note)
    else:
        process.run(MODULE, LeavingJob(dies=False), environment, Deadline.after(60), note)
    assert not left[0].parent.exists()


def test_a_child_that_the_deadline_ends_before_its_job_is_out_of_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The job is written to a process that is gone: no fault of a disk or of the Hub."""
    write_job = process._encode

    def write_late(value: object) -> dict[str, str]:
        gone.wait(60)
        return write_job(value)

    gone = threading.Event()
    kill = process._kill_session

    def kill_and_tell(leader: int) -> None:
        kill(leader)
        os.waitid(os.P_PID, leader, os.WEXITED | os.WNOWAIT)
        gone.set()

    monkeypatch.setattr(process, "_encode", write_late)
    monkeypatch.setattr(process, "_kill_session", kill_and_tell)
    with pytest.raises(process.OutOfTime):
        process.run(MODULE, LateJob(b"a picture"), {"PATH": os.environ["PATH"]}, Deadline.after(0.0), print)


SPAWNING = "tests.support.spawning_child"
RUN = """
import os
from inference.deadline import Deadline
from inference.jobs import process
from tests.support.spawning_child import SpawningJob
environment = {"PATH": os.environ["PATH"]}
def note(line):
    print(line["stage"], flush=True)
process.run("tests.support.spawning_child", SpawningJob(False), environment, Deadline.after(60), note)
"""
PEEK = """
import ctypes, os, sys
from inference.jobs import walls
os.setuid(65534)
ctypes.CDLL(None).prctl(walls.PR_SET_DUMPABLE, 1, 0, 0, 0)  # as a process that was started by this user
if sys.argv[1] == "hidden":
    assert walls.hide()
child = os.fork()
if child == 0:
    try:
        open(f"/proc/{os.getppid()}/environ").read()
    except PermissionError:
        os._exit(13)
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
CONNECT = """
import errno, socket, subprocess, sys
from inference.jobs import walls
assert walls.close_network()
socket.socketpair()  # what stays on this machine works
attempt = "import socket; socket.socket(socket.AF_INET6 if {} else socket.AF_INET)"
try:
    socket.socket()
except OSError as error:
    assert error.errno == errno.EPERM
else:
    sys.exit("it has a socket")
for family in (0, 1):
    done = subprocess.run([sys.executable, "-c", attempt.format(family)], capture_output=True, text=True)
    assert "PermissionError" in done.stderr, done.stderr
"""


@pytest.mark.parametrize("ends", [False, True])
def test_what_a_child_started_ends_with_it(ends: bool) -> None:
    started: list[int] = []
    environment = {"PATH": os.environ["PATH"]}
    deadline = Deadline.after(60 if ends else 3)

    def note(line: dict[str, str]) -> None:
        started.append(int(line["stage"]))

    if ends:
        process.run(SPAWNING, SpawningJob(ends), environment, deadline, note)
    else:
        with pytest.raises(process.OutOfTime):
            process.run(SPAWNING, SpawningJob(ends), environment, deadline, note)
    assert_gone(started)


def test_nothing_that_is_printed_passes_for_ours(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither as an outcome, nor as a line of the log or a metric: a model's files decide some of it."""
    environment = {"PATH": os.environ["PATH"]}
    outcome = process.run(
        "tests.support.printing_child", PrintingJob(), environment, Deadline.after(60), lambda line: None
    )
    assert outcome == {"done": "really"}
    out, told = capsys.readouterr()
    lines = told.splitlines()
    name = "tests.support.printing_child: "
    assert out == ""
    assert all(line.startswith(name) for line in lines)
    assert f"{name}{FORGED}" in lines
    assert rf"{name}\x1b[2Jé\r\u2028over" in lines
    assert max(map(len, lines)) == len(name) + process.LONGEST_LINE


def test_it_ends_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    environ = {**os.environ, "TMPDIR": str(tmp_path)}  # nobody is left to remove its scratch folder
    command = [sys.executable, "-c", RUN]
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        started = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    assert_gone([started])


def test_the_models_builder_ends_with_whoever_started_it() -> None:
    """Even where the group is not ended: the kernel does it."""
    wall = "from inference.jobs import walls; import time; assert walls.end_with_parent()"
    program = f"{wall}; print(1, flush=True); time.sleep(600)"
    start = f"p = subprocess.Popen([sys.executable, '-c', {program!r}], stdout=subprocess.PIPE)"
    starter = (
        f"import os, subprocess, sys; {start}; p.stdout.readline(); print(p.pid, flush=True); os._exit(0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", starter], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert_gone([int(done.stdout)])


@pytest.mark.skipif(os.getuid() != 0, reason="takes another user's place")
@pytest.mark.parametrize(("how", "code"), [("open", 0), ("hidden", 13)])
def test_a_child_cannot_read_the_variables_of_a_process_that_hides(how: str, code: int) -> None:
    done = subprocess.run([sys.executable, "-c", PEEK, how], cwd=ROOT, timeout=60)
    assert done.returncode == code


def test_nothing_behind_the_wall_has_a_socket() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CONNECT], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    socket.socket().close()  # and this process still may
