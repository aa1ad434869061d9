"""Who works on a model: numbered files on the cache, kept fresh by whoever holds the newest.

The highest number is the fencing token. A holder that finds a higher one than its own has lost the lease,
however late it wakes. A record is over when its file says so, or when nobody touched it for `stale_s`.
docs/decisions/0003-model-cache.md says why there are numbers, and no lock of the file system.
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
from typing import TYPE_CHECKING, Any, TypeVar

from inference.cache.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from inference.deadline import Deadline

Found = TypeVar("Found")

STALE_S = 15.0
"""Without a heartbeat for so long, a holder is taken for dead or frozen.

If that is wrong, work is done twice; nothing breaks.
"""
HEARTBEATS = 5
"""Heartbeats in that time: a stalled file system may swallow some."""
POLL_S = 0.25
"""How often a waiter looks: three small operations of the file server."""
NAME = re.compile(r"lease-([1-9]\d*)\.json")
CLOCK = "clock"
READS = 5


class StillHeld(Exception):
    """The deadline came while another process held the lease."""


@dataclass(frozen=True)
class LeaseRecord:
    """What the newest file says; a file that is just being made says nothing yet."""

    token: int
    heartbeat_s: float
    """When its holder touched it last, in seconds since 1970 by the file server's clock."""
    note: dict[str, Any] = field(default_factory=dict)

    @property
    def is_ended(self) -> bool:
        return bool(self.note.get("ended"))


class Lease:
    """The lease of one model, in its state folder."""

    def __init__(self, folder: Path, stale_s: float = STALE_S) -> None:
        self._folder = folder
        self._stale_s = stale_s
        self._clock_offset_s: float | None = None

    def latest(self) -> LeaseRecord | None:
        """The newest record, ended or not. Opening the file makes a network file system ask its server."""
        for _ in range(READS):
            token = newest_token(self._folder)
            if not token:
                return None
            with suppress(FileNotFoundError), path(self._folder, token).open() as stream:
                return LeaseRecord(token, os.fstat(stream.fileno()).st_mtime, _read(stream.read()))
        return None  # files come and go while we look: the next look will do

    def is_live(self, record: LeaseRecord | None) -> bool:
        """Whether somebody is at work."""
        if record is None or record.is_ended:
            return False
        # Both by the same clock. A heartbeat in the future was set by hand or by a clock that was wrong.
        return abs(self.now_s() - record.heartbeat_s) < self._stale_s

    def now_s(self) -> float:
        """Seconds since 1970 by the clock that stamps the files; machines' own clocks may differ.

        Asked once. A machine that was frozen since believes it is earlier, and then waits too long.
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

    def acquire(
        self,
        deadline: Deadline,
        until: Callable[[], Found | None],
        judge: Callable[[LeaseRecord, bool], None] = lambda record, was_awaited: None,
    ) -> LeaseHolder | Found:
        """Wait until the lease is free and take it, or return what ``until`` found meanwhile.

        ``judge`` sees each record that is over before it is followed by ours, and whether we waited for it;
        it raises to give up. Raises :class:`StillHeld` at the deadline.
        """
        awaited: int | None = None
        while (found := until()) is None:
            record = self.latest()
            if record is not None and self.is_live(record):
                awaited = record.token
            else:
                if record is not None:
                    judge(record, record.token == awaited)
                if holder := self.try_take(record):
                    return holder
            if deadline.remaining_s <= POLL_S:
                raise StillHeld
            time.sleep(POLL_S)
        return found

    def try_take(self, after: LeaseRecord | None) -> LeaseHolder | None:
        """Follow a record that is over; ``None`` if another process was quicker."""
        holder = LeaseHolder(self._folder, after, self._stale_s / HEARTBEATS)
        return holder if holder.begin() else None


class LeaseHolder:
    """The lease while it is ours, until `end`; a thread keeps it fresh."""

    def __init__(self, folder: Path, after: LeaseRecord | None, heartbeat_every_s: float) -> None:
        self.folder = folder
        self.after = after
        """The record that this one follows."""
        self.token = (after.token if after else 0) + 1
        self._heartbeat_every_s = heartbeat_every_s
        self._over = threading.Event()
        self.acquired_s = 0.0
        """When it was taken, by the file server's clock."""
        self._note: dict[str, Any] = {"owner": f"{socket.gethostname()}:{os.getpid()}"}

    @property
    def is_current(self) -> bool:
        """Whether nobody took the lease after us."""
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
            self.acquired_s = os.fstat(descriptor).st_mtime
        except OSError:  # no room: nobody should have to wait for this record
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
        threading.Thread(target=self._keep_fresh, name="heartbeat", daemon=True).start()
        return True

    def note(self, **facts: Any) -> None:
        """Tell the others; writing is a heartbeat as well."""
        self._note |= facts
        if self.is_current:
            write_atomically(path(self.folder, self.token), self._note)

    def end(self, **facts: Any) -> None:
        """Free the lease. Its file stays: the next number must be higher, for ever."""
        self._over.set()
        try:
            self.note(**facts, ended=True)
        except OSError:  # no room for a note, or worse: then at least nobody should wait for us
            with suppress(OSError):
                os.utime(path(self.folder, self.token), (0, 0))

    def _keep_fresh(self) -> None:
        while not self._over.wait(self._heartbeat_every_s):
            with suppress(OSError):
                if not self.is_current:
                    return
                os.utime(path(self.folder, self.token))


def is_current(folder: Path, token: int) -> bool:
    """Whether a record is the newest: to be asked before anything that others will see."""
    return newest_token(folder) == token


def newest_token(folder: Path) -> int:
    return max(tokens(folder), default=0)


def tokens(folder: Path) -> list[int]:
    """Numbers of the records whose files are there."""
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
