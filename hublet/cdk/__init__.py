"""Constructs for CDK apps of your own: models in a stack of yours, or the whole stack of this project.

``docs/constructs.md`` shows an app. What an option does stands in ``docs/configuration.md``.
"""

from hublet.node import prefer_own_node

prefer_own_node()  # before aws_cdk is imported, where an app imports this first

from hublet.cdk.inference_stack import InferenceStack  # noqa: E402
from hublet.cdk.model_cache import ModelCache  # noqa: E402
from hublet.cdk.options import CacheOptions, FunctionOptions, StackOptions  # noqa: E402
from hublet.cdk.task_function import TaskFunction  # noqa: E402

__all__ = [
    "CacheOptions",
    "FunctionOptions",
    "InferenceStack",
    "ModelCache",
    "StackOptions",
    "TaskFunction",
]
