"""``python -m local.commands.step``: run one command quietly: one line on the screen, its output in a log.

It needs the standard library alone, since it runs while everything else is installed.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

LAST_LINES = 12
"""Lines of the log that are shown when a step fails."""
LOGS = Path("build", "logs")
TICK_S = 1.0


def main() -> int:
    """Run the command after ``--``; its exit status is ours."""
    parser = argparse.ArgumentParser(prog="python -m local.commands.step", description=__doc__)
    parser.add_argument("name", help="what is done, such as: installing torch")
    parser.add_argument("--log", required=True, help="the log's name in build/logs, without .log")
    parser.add_argument("command", nargs="+", metavar="COMMAND")
    arguments = parser.parse_args()
    return run(arguments.name, LOGS / f"{arguments.log}.log", arguments.command)


def run(name: str, log: Path, command: list[str]) -> int:
    """Run a command; say how long it takes, and on failure where its output is."""
    log.parent.mkdir(parents=True, exist_ok=True)
    started_s, ended = time.monotonic(), threading.Event()
    clock = threading.Thread(target=_tick, args=(name, started_s, ended), daemon=True)
    clock.start()
    try:
        with log.open("wb") as output:
            status = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT).returncode
    except OSError as error:
        log.write_text(f"{command[0]}: {error.strerror}\n", encoding="utf-8")
        status = 127
    finally:
        ended.set()
        clock.join()
    seconds = time.monotonic() - started_s
    if status == 0:
        _say(f"{name}: done in {seconds:.0f} s", is_last=True)
        return 0
    _say(f"{name}: failed after {seconds:.0f} s; the whole output is in {log}", is_last=True)
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]:
        print(f"  {line}", file=sys.stderr)
    return status


def _tick(name: str, started_s: float, ended: threading.Event) -> None:
    """Seconds that count up where a person watches; one line where a log is written."""
    if not sys.stderr.isatty():
        _say(f"{name} ...", is_last=True)
        return
    while not ended.wait(TICK_S):
        _say(f"{name} ... {time.monotonic() - started_s:.0f} s", is_last=False)


def _say(text: str, is_last: bool) -> None:
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns - 1
        text = "\r\x1b[2K" + text[:width]
    print(text, end="\n" if is_last else "", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
