"""Settings of the factory: its bucket, the Hub, and the functions whose models it may make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inference.maintenance.settings import MaintenanceSettings
from inference.settings import (
    DEFAULT_HUB,
    MEMORY_PER_VCPU_MB,
    SECRET_ARN,
    check_hub_url,
    child_environment,
    read_matching,
    read_required,
    read_whole_number,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inference.task import Task


@dataclass(frozen=True)
class FactorySettings:
    """Read once, checked, then passed along."""

    bucket: str
    hub_url: str
    tasks: tuple[Task, ...]
    """Of the deployed functions, with their models: nothing else is ever made."""
    memory_mb: int
    child_environment: Mapping[str, str]
    """For the processes that download and convert; no credentials."""
    token_secret_arn: str | None = None
    log_level: str = "INFO"

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> FactorySettings:
        """Read and check the variables that the stack sets."""
        return cls(
            bucket=read_required(environ, "BUCKET"),
            hub_url=check_hub_url(environ.get("HF_ENDPOINT") or DEFAULT_HUB, "HF_ENDPOINT"),
            tasks=MaintenanceSettings.from_env(environ).tasks,
            memory_mb=read_whole_number(environ, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", 4 * MEMORY_PER_VCPU_MB),
            child_environment=child_environment(environ),
            token_secret_arn=read_matching(environ, "HF_TOKEN_SECRET_ARN", SECRET_ARN),
            log_level=environ.get("LOG_LEVEL") or "INFO",
        )
