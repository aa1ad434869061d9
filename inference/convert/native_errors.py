"""What libraries in C++ and Rust say when the file system fails them; Python raises :class:`OSError`."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

from inference.cache import errors as cache_errors

NUMBERED = re.compile(r"SystemError : (\d+)|\(os error (\d+)\)|\[Errno (\d+)\]")
CANNOT_WRITE = re.compile(r'Failed to (?:write|open for writing)[^"]*"([^"]+)"')
"""ONNX Runtime says no number of a file of weights, but its name."""
PROBE_BYTES = 1024 * 1024


def file_fault(error: BaseException, folder: Path) -> OSError | None:
    """The fault behind an error of a library that wrote into a folder, if it was one of the file system.

    Where the library says no reason, more is written to its file, which is thrown away in any case.
    """
    text = str(error)
    if found := NUMBERED.search(text):
        number = int(next(filter(None, found.groups())))
        fault = OSError(number, os.strerror(number))
        return fault if cache_errors.is_ours(fault) else None
    named = CANNOT_WRITE.search(text)
    if named is None:
        return None
    try:
        _write_more(folder / Path(named.group(1)).name)
    except OSError as fault:
        return fault
    return OSError(errno.EIO, os.strerror(errno.EIO))


def _write_more(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(bytes(PROBE_BYTES))
        stream.flush()
        os.fsync(stream.fileno())
