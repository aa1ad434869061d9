"""Why a model cannot be had: any library error in our own words, for the process that answers."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from inference.cache import errors as cache_errors
from inference.errors import HubUnreachable, ModelUnavailable, TokenNeeded, sane_seconds
from inference.jobs.refused import Refused

if TYPE_CHECKING:
    from pathlib import Path

USUAL_RESET_S = 60.0


def explain(error: Exception, model: str, revision: str, hub: Path, token: str | None = None) -> Refused:
    """Any library error as one of ours; its own text stays in the log, since it may carry paths."""
    from huggingface_hub import errors

    print(_without(token, f"{type(error).__name__}: {error}"), file=sys.stderr, flush=True)
    what = f"{model} at revision {revision}"
    if isinstance(error, errors.GatedRepoError):
        need = "the Hub token has no access to it" if token else "its owner must grant access to a Hub token"
        return Refused(TokenNeeded(f"{what} is gated: {need}"))
    if isinstance(error, errors.RevisionNotFoundError):
        return Refused(ModelUnavailable(f"the Hub has {model}, but not revision {revision}"))
    if isinstance(error, errors.RepositoryNotFoundError):
        need = "the Hub token has no access to it" if token else "it needs a token"
        return Refused(TokenNeeded(f"the Hub has no model {what}, or {need}"))
    if isinstance(error, errors.HfHubHTTPError) and error.response is not None:
        return _explain_status(error.response.status_code, dict(error.response.headers), what)
    if fault := next(cache_errors.in_chain(error), None):
        return Refused(cache_errors.explain(fault, model, hub))
    told = f"the Hub did not deliver {what}: {type(error).__name__}"
    return Refused(HubUnreachable(told, retry_after_s=30))


def _without(token: str | None, text: str) -> str:
    """The Hub may repeat in its answer what it was sent."""
    return text.replace(token, "[token]") if token else text


def _explain_status(status: int, headers: dict[str, str], what: str) -> Refused:
    if status in (401, 403):
        return Refused(TokenNeeded(f"the Hub refused access to {what} ({status})"))
    if status == 404:
        return Refused(ModelUnavailable(f"the Hub has no {what}"))
    reset_s = reset_after_s(headers) if status == 429 else None
    unreachable = HubUnreachable(f"the Hub answered {status} for {what}", retry_after_s=reset_s or 30.0)
    return Refused(unreachable, backoff_s=reset_s or 0.0)


def reset_after_s(headers: dict[str, str]) -> float:
    """Seconds until the Hub's rate limit resets: ``RateLimit: "resolvers";r=0;t=300``, or Retry-After.

    Retry-After is a number or a date (RFC 9110, section 10.2.3). What is neither means a minute.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    named = [part.strip()[2:] for part in lower.get("ratelimit", "").split(";") if part.strip()[:2] == "t="]
    for text in (*named, lower.get("retry-after", "")):
        if (seconds := _seconds(text)) is not None:
            return seconds
    return USUAL_RESET_S


def _seconds(text: str) -> float | None:
    try:
        return sane_seconds(float(text))
    except ValueError:
        pass
    try:
        return sane_seconds((parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):  # no date, or one without a zone
        return None
