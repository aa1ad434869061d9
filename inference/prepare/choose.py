"""Which way models come: through a bucket, or by this function itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.hub.token import HubToken
from inference.prepare.direct import DirectProvider
from inference.prepare.spec import artifact_spec

if TYPE_CHECKING:
    from inference.prepare.provider import Provider
    from inference.settings import Settings
    from inference.task import Task


def make_provider(task: Task, settings: Settings) -> Provider:
    """With a bucket, models come through it; without one, this function gets them itself."""
    spec = artifact_spec(task, settings)
    if settings.bucket:  # imported here: a function without a relay starts with no part of it
        from inference.prepare.relay import RelayProvider
        from inference.relay.bucket import Bucket

        return RelayProvider(settings.cache, Bucket(settings.bucket), spec)
    return DirectProvider(
        settings.cache,
        settings.hub_url,
        settings.child_environment,
        spec,
        HubToken(settings.token_secret_arn) if settings.token_secret_arn else None,
    )
