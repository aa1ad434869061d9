"""The images of all functions, and the settings that they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import aws_ecr_assets as assets
from aws_cdk import aws_lambda as lambda_

from inference.task import FULL
from stacks.functions.build_context import DOCKERFILE, find_build_context

if TYPE_CHECKING:
    from stacks.model_cache import ModelCache
    from stacks.network import Network
    from stacks.options.stack import Options

ARCHITECTURES = {
    "x86_64": (lambda_.Architecture.X86_64, assets.Platform.LINUX_AMD64),
    "arm64": (lambda_.Architecture.ARM_64, assets.Platform.LINUX_ARM64),
}


def make_image_settings(
    options: Options,
    network: Network,
    cache: ModelCache,
    *,
    image: str,
    command: list[str] | None = None,
) -> dict[str, Any]:
    """Settings of every function in the VPC."""
    return {
        **make_code_settings(options, image=image, command=command),
        "vpc": network.vpc,
        "vpc_subnets": network.subnets,
        "security_groups": [network.function_security_group],
        "filesystem": cache.as_mount(),
    }


def make_code_settings(options: Options, *, image: str, command: list[str] | None = None) -> dict[str, Any]:
    """Settings of every function, wherever it stands; ``command`` replaces the image's own handler.

    ``image`` counts with ``egress=relay``. Otherwise every function also prepares models, by the full image.
    """
    architecture, platform = ARCHITECTURES[options.architecture]
    is_full = image == FULL or options.egress != "relay"
    return {
        # The same folder and file for every function: one asset and one build for each image. The full one is
        # the Dockerfile's last target, which needs no name.
        "code": lambda_.DockerImageCode.from_image_asset(
            str(find_build_context()),
            file=DOCKERFILE,
            platform=platform,
            cmd=command,
            target=None if is_full else image,
        ),
        "architecture": architecture,
        # Handlers write one JSON line a request by themselves; the JSON format would wrap what they print.
        "logging_format": lambda_.LoggingFormat.TEXT,
        "tracing": lambda_.Tracing.ACTIVE if options.tracing else lambda_.Tracing.DISABLED,
    }
