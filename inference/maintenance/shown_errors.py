"""Errors of the ``cache`` function as a caller may see them."""

from __future__ import annotations

from inference.cache import errors as cache_errors
from inference.errors import CacheFull, HubletError, InternalError


def to_caller_error(error: Exception) -> HubletError:
    if isinstance(error, HubletError):
        return error
    if isinstance(error, OSError) and error.errno in cache_errors.NO_ROOM:
        return CacheFull("the model cache has no room, not even for a note; remove a model")
    if isinstance(error, OSError):
        return cache_errors.unreadable(error, "read or written")
    return InternalError("something went wrong here; the log has the details under this request id")
