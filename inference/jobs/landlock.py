"""Which folders a process may read and write, by the kernel: Landlock, in Linux from 5.13 on.

A rule opens a folder and all beneath it. What no rule opens is closed, for this process and for all that it
starts, for good. Newer kernels close more: moves between folders (version 2), truncating (3), ioctl on
devices (5), and signals to processes outside (6).

Numbers are those of the kernel's headers: landlock.h, prctl.h, unistd.h.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from inference.jobs.walls import forbid_new_privileges

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
"""System calls; the same numbers on x86_64 and aarch64."""
GIVE_VERSION = 1
PATH_BENEATH = 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
MAKE_AND_REMOVE = sum(1 << bit for bit in range(4, 13))
"""Of folders, files, links, sockets and devices."""
REFER, TRUNCATE, IOCTL_DEVICE = 1 << 13, 1 << 14, 1 << 15
SCOPED_SOCKETS, SCOPED_SIGNALS = 1 << 0, 1 << 1
SINCE = {1: EXECUTE | WRITE_FILE | READ_FILE | READ_DIR | MAKE_AND_REMOVE}
SINCE |= {2: REFER, 3: TRUNCATE, 5: IOCTL_DEVICE}
"""Version of Landlock -> what it can close besides."""
SCOPES_SINCE = 6
READ = EXECUTE | READ_FILE | READ_DIR
WRITE = READ | WRITE_FILE | MAKE_AND_REMOVE | REFER | TRUNCATE
FOR_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEVICE
"""What a rule for a single file may open."""
SYSTEM = (
    "/bin",
    "/etc",
    "/lib",
    "/lib64",
    "/proc",
    "/sbin",
    "/sys",
    "/usr",
    "/opt",
    "/var/lang",
    "/var/runtime",
)
"""Programs, libraries, and what the kernel says of itself; ``/var`` is where Lambda keeps Python."""
DEVICES = ("/dev/null", "/dev/random", "/dev/urandom", "/dev/zero")
INFERENCE = Path(__file__).parents[1]
PACKAGES = ("site-packages", "dist-packages")
"""What installers call the folder of all packages."""


def version() -> int:
    """Of the kernel's Landlock; 0: it has none, or it is switched off."""
    if sys.platform != "linux":
        return 0
    return max(0, _call(CREATE_RULESET, None, 0, GIVE_VERSION))


def close_folders(*, writable: Iterable[Path | str], readable: Iterable[Path | str] = ()) -> bool:
    """Close everything but these, and what Python and its libraries need to run; ``False``: not here.

    It holds for the calling thread and those that it starts. Folders must be there already.
    """
    known = version()
    if not known or not forbid_new_privileges():
        return False
    handled = handled_rights(known)
    scoped = SCOPED_SOCKETS | SCOPED_SIGNALS if known >= SCOPES_SINCE else 0
    # struct landlock_ruleset_attr: files, network (nothing of it), scopes; older kernels know less of it.
    attributes = struct.pack("QQQ", handled, 0, scoped)[: 24 if scoped else 8]
    ruleset = _call(CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        return False
    try:
        for path, rights in rules(writable, readable):
            _open_beneath(ruleset, path, rights & handled)
        return _call(RESTRICT_SELF, ruleset, 0) == 0
    finally:
        os.close(ruleset)


def handled_rights(known: int) -> int:
    """All that this version can close."""
    return sum(rights for since, rights in SINCE.items() if since <= known)


def rules(writable: Iterable[Path | str], readable: Iterable[Path | str]) -> Iterator[tuple[Path, int]]:
    """Paths and what is open beneath them; one that is not there opens nothing."""
    yield from ((Path(path), WRITE) for path in writable)
    yield from ((Path(path), READ) for path in (*readable, *SYSTEM, *python_folders()))
    yield from ((Path(path), READ_FILE | WRITE_FILE) for path in DEVICES)
    yield INFERENCE.parent, READ_DIR  # to find the package by its name; what else lies there stays closed


def python_folders() -> set[str]:
    """Where the interpreter, its libraries and this package lie."""
    schemes = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    # A checkout has more than code. An installed wheel lies among packages, which the libraries import.
    closed = {path for path in (Path.cwd(), INFERENCE.parent) if path.name not in PACKAGES}
    imported = {path for path in sys.path if path and Path(path) not in closed}
    own = {sys.prefix, sys.base_prefix, os.path.realpath(sys.executable), str(INFERENCE)}
    return {*schemes, *imported, *own}


def _open_beneath(ruleset: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        allowed = rights if path.is_dir() else rights & FOR_FILES
        # struct landlock_path_beneath_attr, which is packed: the rights, and an open file.
        _call(ADD_RULE, ruleset, PATH_BENEATH, struct.pack("=Qi", allowed, place), 0)
    finally:
        os.close(place)


def _call(number: int, *arguments: int | bytes | None) -> int:
    """A system call that the C library has no function for; -1 where it failed."""
    given = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    call = ctypes.CDLL(None).syscall
    call.restype = ctypes.c_long
    return int(call(ctypes.c_long(number), *given))
