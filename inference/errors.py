"""Errors that know their HTTP status and carry only a message that is safe to show to a caller.

The class name is part of the contract: HTTP callers see it as ``type``, direct invokes as ``errorType``.
"""

from __future__ import annotations

import math

LONGEST_RETRY_S = 3600.0
"""Nobody is told to come back later than that: what blocks a model may be over by then."""


def printable(word: str) -> str:
    """A caller's own word for use in a message: cut, and escaped where it is not plain text."""
    return word[:40].encode("unicode_escape").decode()


def sane_seconds(value: object) -> float | None:
    """A wait that somebody else named, from 0 to an hour; ``None`` for what is no number of seconds."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        return None
    return float(min(LONGEST_RETRY_S, max(0.0, value)))


class HubletError(Exception):
    """Base of every error that a caller may see; anything else is shown as an :class:`InternalError`."""

    status = 500

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after_s = sane_seconds(retry_after_s)


class BadRequest(HubletError):
    """The body cannot be read as what it claims to be."""

    status = 400


class Unauthorized(HubletError):
    """The function asks for a key, and this call shows none that is valid."""

    status = 401


class NotFound(HubletError):
    """No such route."""

    status = 404


class MethodNotAllowed(HubletError):
    """The route exists, for another method."""

    status = 405

    def __init__(self, allowed: list[str]) -> None:
        super().__init__(f"this route answers {' and '.join(allowed)}")
        self.allowed = allowed


class NotAcceptable(HubletError):
    """None of the content types that the caller accepts can be made."""

    status = 406


class ModelInUse(HubletError):
    """What was to be removed is being prepared, or was loaded a short time ago."""

    status = 409


class PayloadTooLarge(HubletError):
    """The body passes the stated limit."""

    status = 413


class UnsupportedMediaType(HubletError):
    """The content type is none that this task reads."""

    status = 415


class InvalidField(HubletError):
    """A well-formed body with a field that breaks its declared type or limit."""

    status = 422

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field


class ModelUnavailable(HubletError):
    """No such model or revision on the Hub, gated, a token is missing, or nothing here can serve it."""

    status = 424


class TokenNeeded(ModelUnavailable):
    """The same, where a Hub token may help; callers see :class:`ModelUnavailable`."""


class InternalError(HubletError):
    """Our fault; the details are in the log under the request id."""

    status = 500


class ModelNotReady(HubletError):
    """The model is still being prepared and the deadline is near; trying again later will work."""

    status = 503


class HubUnreachable(HubletError):
    """The model is not cached and the Hub does not answer."""

    status = 503


class DeadlineExceeded(HubletError):
    """The model did not answer within the function's time."""

    status = 503


class CacheFull(HubletError):
    """No room for the model on the cache."""

    status = 507


def named(name: str) -> type[HubletError]:
    """The class that another process wrote down by its name; raises :class:`KeyError` for any other word."""
    classes = [HubletError]
    for each in classes:
        classes += each.__subclasses__()
    return {each.__name__: each for each in classes}[name]
