"""The one image that all functions run, and the place that they run it in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_ecr_assets as assets
from aws_cdk import aws_lambda as lambda_

if TYPE_CHECKING:
    from stacks.model_cache import ModelCache
    from stacks.network import Network
    from stacks.options import Options

ROOT = Path(__file__).parents[1]
DOCKERFILE = "docker/Dockerfile"

ARCHITECTURES = {
    "x86_64": (lambda_.Architecture.X86_64, assets.Platform.LINUX_AMD64),
    "arm64": (lambda_.Architecture.ARM_64, assets.Platform.LINUX_ARM64),
}


def image_settings(
    options: Options, network: Network, cache: ModelCache, command: list[str] | None = None
) -> dict[str, Any]:
    """What every function has alike; ``command`` runs another handler than the image does by itself."""
    architecture, platform = ARCHITECTURES[options.architecture]
    return {
        # The same folder and file for every function: one asset, one build, one image.
        "code": lambda_.DockerImageCode.from_image_asset(
            str(ROOT), file=DOCKERFILE, platform=platform, cmd=command
        ),
        "architecture": architecture,
        "vpc": network.vpc,
        "vpc_subnets": network.subnets,
        "security_groups": [network.function_security_group],
        "ipv6_allowed_for_dual_stack": network.is_dual_stack,
        "filesystem": cache.as_mount(),
        # Handlers write one JSON line a request by themselves; the JSON format would wrap what they print.
        "logging_format": lambda_.LoggingFormat.TEXT,
        "tracing": lambda_.Tracing.ACTIVE if options.tracing else lambda_.Tracing.DISABLED,
    }
