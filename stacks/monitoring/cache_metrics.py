"""The metrics of the model cache, as EFS keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stacks.monitoring.metric import make_metric

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch

    from stacks.model_cache import ModelCache

FULL_SPEED_BYTES_PER_S = 100 * 2**20
LOW_CREDITS_BYTES = 3600 * FULL_SPEED_BYTES_PER_S
"""What an hour of reading at the full burst speed takes; EFS starts with six times as much."""


def make_cache_metric(
    cache: ModelCache, name: str, statistic: str, storage_class: str | None = None
) -> cloudwatch.Metric:
    """One metric of the file system."""
    dimensions = {"FileSystemId": cache.file_system.file_system_id}
    if storage_class:
        dimensions["StorageClass"] = storage_class
    return make_metric("AWS/EFS", name, dimensions, statistic)
