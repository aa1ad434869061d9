"""Whose turn it is to work on a model: numbered files on the cache, kept fresh by whoever holds the newest.

The highest number is the fencing token: who finds a higher one than its own has been superseded, however
late it wakes. A turn is over when its file says so, or when nobody touched it for `stale_s`. Why no lock of
the file system's, and why numbers, stands in docs/decisions/0003-model-cache.md.
"""

from __future__ import annotations

import json
import os
import re
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from inference.cache_files import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

STALE_S = 15.0
"""Without a heartbeat for so long, a holder is taken for dead or frozen. Wrong only costs work done twice."""
BEATS = 5
"""Heartbeats in that time: a stalled file system may swallow some."""
NAME = re.compile(r"lease-([1-9]\d*)\.json")
CLOCK = "clock"
READS = 5


@dataclass(frozen=True)
class Turn:
    """What the newest file says; a file that is just being made says nothing yet."""

    token: int
    beat_s: float
    """When its holder touched it last, in seconds since 1970 by the file server's clock."""
    note: dict[str, Any] = field(default_factory=dict)

    @property
    def is_ended(self) -> bool:
        return bool(self.note.get("ended"))


class Lease:
    """The turns of one model, in its state folder."""

    def __init__(self, folder: Path, stale_s: float = STALE_S) -> None:
        self._folder = folder
        self._stale_s = stale_s
        self._clock_offset_s: float | None = None

    def latest(self) -> Turn | None:
        """The newest turn, ended or not; opening a file is what makes a network file system look anew."""
        for _ in range(READS):
            token = newest_token(self._folder)
            if not token:
                return None
            with suppress(FileNotFoundError), path(self._folder, token).open() as stream:
                return Turn(token, os.fstat(stream.fileno()).st_mtime, _read(stream.read()))
        return None  # files come and go while we look: the next look will do

    def is_live(self, turn: Turn | None) -> bool:
        """Whether somebody is at work."""
        return turn is not None and not turn.is_ended and self.now_s() - turn.beat_s < self._stale_s

    def now_s(self) -> float:
        """Seconds since 1970 by the clock that stamps the files; machines' own clocks may differ.

        Asked once. A machine that was frozen since believes it is earlier, and then spares a turn too long.
        """
        if self._clock_offset_s is None:
            try:
                descriptor = os.open(self._folder / CLOCK, os.O_CREAT | os.O_WRONLY, 0o666)
            except OSError:  # nothing can be written here, and so nothing can be taken either
                return time.time()
            try:
                os.utime(descriptor)
                self._clock_offset_s = os.fstat(descriptor).st_mtime - time.monotonic()
            finally:
                os.close(descriptor)
        return self._clock_offset_s + time.monotonic()

    def try_take(self, after: Turn | None) -> Held | None:
        """Take the turn that follows one which is over; ``None`` if somebody was quicker."""
        held = Held(self._folder, (after.token if after else 0) + 1, self._stale_s / BEATS)
        return held if held.begin() else None


class Held:
    """Our turn, until `end`; a thread keeps it fresh meanwhile."""

    def __init__(self, folder: Path, token: int, beat_every_s: float) -> None:
        self.folder = folder
        self.token = token
        self._beat_every_s = beat_every_s
        self._over = threading.Event()
        self.taken_s = 0.0
        """When it began, by the file server's clock."""
        self._note: dict[str, Any] = {"owner": f"{socket.gethostname()}:{os.getpid()}"}

    @property
    def is_current(self) -> bool:
        """Whether nobody took a later turn."""
        return is_current(self.folder, self.token)

    def begin(self) -> bool:
        """Make the file, which only one can: an exclusive create is one operation of the server's."""
        own = path(self.folder, self.token)
        try:
            descriptor = os.open(own, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        except FileExistsError:
            return False
        try:
            os.write(descriptor, json.dumps(self._note).encode())
            self.taken_s = os.fstat(descriptor).st_mtime
        except OSError:  # no room: nobody should have to wait for this turn
            own.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)
        if not self.is_current:  # an old number whose file had been cleared away
            own.unlink(missing_ok=True)
            return False
        for token in tokens(self.folder):
            if token < self.token:
                path(self.folder, token).unlink(missing_ok=True)
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
        return True

    def note(self, **facts: Any) -> None:
        """Tell the others; writing is a heartbeat as well."""
        self._note |= facts
        if self.is_current:
            write_atomically(path(self.folder, self.token), self._note)

    def end(self, **facts: Any) -> None:
        """Free the turn. Its file stays: the next number must be higher, for ever."""
        self._over.set()
        try:
            self.note(**facts, ended=True)
        except OSError:  # no room for a note, or worse: then at least nobody should wait for us
            with suppress(OSError):
                os.utime(path(self.folder, self.token), (0, 0))

    def _beat(self) -> None:
        while not self._over.wait(self._beat_every_s):
            with suppress(OSError):
                if not self.is_current:
                    return
                os.utime(path(self.folder, self.token))


def is_current(folder: Path, token: int) -> bool:
    """Whether a turn is the newest: to be asked before anything that others will see."""
    return newest_token(folder) == token


def newest_token(folder: Path) -> int:
    return max(tokens(folder), default=0)


def tokens(folder: Path) -> list[int]:
    """Numbers of the turns whose files are there."""
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    return [int(found[1]) for name in names if (found := NAME.fullmatch(name))]


def path(folder: Path, token: int) -> Path:
    return folder / f"lease-{token}.json"


def _read(text: str) -> dict[str, Any]:
    try:
        note = json.loads(text)
    except ValueError:
        return {}
    return note if isinstance(note, dict) else {}
