"""Why a model cannot be had: any library error in our own words, for the process that answers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from inference import cache_errors

if TYPE_CHECKING:
    from pathlib import Path


class Refused(Exception):
    """An outcome that the parent turns into a documented error: ``kind`` names the class."""

    def __init__(
        self, kind: str, message: str, retry_after_s: float | None = None, hold_s: float = 0.0
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.retry_after_s = retry_after_s
        self.hold_s = hold_s
        """For how long it is no use to try again."""


def explain(error: Exception, model: str, revision: str, hub: Path, token: str | None = None) -> Refused:
    """Any library error as one of ours; its own text stays in the log, since it may carry paths."""
    from huggingface_hub import errors

    print(_without(token, f"{type(error).__name__}: {error}"), file=sys.stderr, flush=True)
    what = f"{model} at revision {revision}"
    if isinstance(error, errors.GatedRepoError):
        need = "the Hub token has no access to it" if token else "its owner must grant access to a Hub token"
        return Refused("TokenNeeded", f"{what} is gated: {need}")
    if isinstance(error, errors.RevisionNotFoundError):
        return Refused("ModelUnavailable", f"the Hub has {model}, but not revision {revision}")
    if isinstance(error, errors.RepositoryNotFoundError):
        need = "the Hub token has no access to it" if token else "it needs a token"
        return Refused("TokenNeeded", f"the Hub has no model {what}, or {need}")
    if isinstance(error, errors.HfHubHTTPError) and error.response is not None:
        return _explain_status(error.response.status_code, dict(error.response.headers), what)
    if fault := next(cache_errors.in_chain(error), None):
        told = cache_errors.explain(fault, model, hub)
        return Refused(type(told).__name__, told.message)
    return Refused("HubUnreachable", f"the Hub did not deliver {what}: {type(error).__name__}", 30)


def _without(token: str | None, text: str) -> str:
    """The Hub may repeat in its answer what it was sent."""
    return text.replace(token, "[token]") if token else text


def _explain_status(status: int, headers: dict[str, str], what: str) -> Refused:
    if status in (401, 403):
        return Refused("TokenNeeded", f"the Hub refused access to {what} ({status})")
    if status == 404:
        return Refused("ModelUnavailable", f"the Hub has no {what}")
    reset_s = _reset_s(headers) if status == 429 else None
    return Refused("HubUnreachable", f"the Hub answered {status} for {what}", reset_s or 30.0, reset_s or 0.0)


def _reset_s(headers: dict[str, str]) -> float:
    """Seconds until the Hub's rate limit resets: ``RateLimit: "resolvers";r=0;t=300``, or Retry-After."""
    lower = {name.lower(): value for name, value in headers.items()}
    for part in lower.get("ratelimit", "").split(";"):
        if part.strip().startswith("t="):
            return float(part.strip()[2:])
    value = lower.get("retry-after", "")
    return float(value) if value.isdecimal() else 60.0
