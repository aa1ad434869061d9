"""What the operating system says of the cache, as an error that names the place and what helps."""

from __future__ import annotations

import errno
import math
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from inference.cache.disk import free_bytes
from inference.errors import CacheFull, HubletError, InternalError

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
REASONS = {
    errno.EROFS: "it is mounted read-only",
    errno.EACCES: "this function's user may not",
    errno.EPERM: "this function's user may not",
    errno.EIO: "the file system reports an input/output error",
    errno.ESTALE: "the file system reports a stale file handle",
}


def is_ours(error: OSError) -> bool:
    """Whether it tells of files, rather than of the network, which raises the same class.

    The numbers of TLS errors are OpenSSL's own: its 1 is no EPERM, its 5 no EIO. Where a socket may not
    connect, EPERM and EACCES name no file.
    """
    import socket
    import ssl  # here, since a start does without it

    if isinstance(error, (ssl.SSLError, socket.gaierror, socket.herror, ConnectionError, TimeoutError)):
        return False
    if error.errno in (errno.EPERM, errno.EACCES) and error.filename is None:
        return False
    return error.errno in (*NO_ROOM, errno.ENOMEM, *REASONS)


def in_chain(error: BaseException | None) -> Iterator[OSError]:
    """The errors of files behind one that a library raised."""
    while error is not None:
        if isinstance(error, OSError) and is_ours(error):
            yield error
        error = error.__cause__ or error.__context__


def explain(error: OSError, model: str, cache: Path, memory_mb: int | None = None) -> HubletError:
    """For callers: no path, and what an operator can do."""
    if error.errno in NO_ROOM:
        if _is_temporary(error, cache):
            return InternalError(f"/tmp is too small to prepare {model}; raise the function's storage")
        return CacheFull(f"the model cache has no room for {model}; remove a model")
    if error.errno == errno.ENOMEM:
        had = f" than the {memory_mb} MB it has" if memory_mb else ""
        return InternalError(f"preparing {model} needs more memory{had}; raise the function's memory")
    return unreadable(error, "written")


def unreadable(error: OSError, cannot_be: str = "read") -> InternalError:
    """The same for who prepares nothing."""
    why = REASONS.get(error.errno or 0)
    return InternalError(f"the model cache cannot be {cannot_be}{f': {why}' if why else ''}")


def _is_temporary(error: OSError, cache: Path) -> bool:
    """Whether it was the temporary folder that is full: by the file's name, or else by the room left."""
    temporary = Path(tempfile.gettempdir())
    if error.errno == errno.EDQUOT:  # a quota is the cache's
        return False
    if isinstance(error.filename, str):
        named = Path(error.filename)
        return named.is_relative_to(temporary) and not named.is_relative_to(cache)
    return _room(temporary) < _room(cache)  # a write that fails names no file


def _room(folder: Path) -> float:
    try:
        left = free_bytes(folder)
    except OSError:
        return 0.0
    return math.inf if left is None else left
