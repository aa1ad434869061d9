"""Faults of a file system, for every Python process that has this folder on PYTHONPATH.

FAULTS is JSON: a list of ``{"call": ..., "errno": ..., "path": ..., "while": ...}``. A call on a path that
contains ``path`` raises that error as long as the file ``while`` is there; without an errno, it does nothing
at all and says that all is well.
"""

import builtins
import errno
import fcntl
import io
import json
import os
from typing import Any

FAULTS: list[dict[str, str]] = json.loads(os.environ.get("FAULTS", "[]"))
# Opened at once: a process may close all folders but its own later.
TRACE = open(os.environ["FAULTS_SEEN"], "a", buffering=1) if FAULTS else None  # noqa: SIM115


def strike(call: str, *paths: Any) -> bool:
    """Raise a fault of this call, if one holds; whether the call is to do nothing."""
    for fault in FAULTS:
        names = [os.fspath(path) for path in paths if isinstance(path, (str, os.PathLike))]
        if fault["call"] != call or not any(fault.get("path", "") in str(name) for name in names or [""]):
            continue
        if "while" in fault and not os.path.exists(fault["while"]):
            continue
        if TRACE:
            TRACE.write(call + "\n")
        if "errno" not in fault:
            return True
        number = getattr(errno, fault["errno"])
        raise OSError(number, os.strerror(number), *names[:1])
    return False


def watch(module: Any, name: str, call: str) -> None:
    original = getattr(module, name)

    def function(*arguments: Any, **more: Any) -> Any:
        if strike(call, *arguments[:2]):
            return None
        return original(*arguments, **more)

    setattr(module, name, function)


original_open = builtins.open


def faulty_open(file: Any, mode: str = "r", *arguments: Any, **more: Any) -> Any:
    if set(mode) & set("wax+"):
        strike("write", file)
    else:
        strike("read", file)
    return original_open(file, mode, *arguments, **more)


if FAULTS:
    opening: Any = faulty_open
    builtins.open = io.open = opening
    watch(fcntl, "flock", "flock")
    for name in ("rename", "replace", "chown", "lchown", "chmod", "link", "mkdir"):
        watch(os, name, "rename" if name == "replace" else name)
