"""The CDK app: one stack, made from the context alone. No AWS call, no git, no guessing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.tasks import all_tasks
from stacks.inference_stack import InferenceStack
from stacks.options.stack import Options

if TYPE_CHECKING:
    from aws_cdk import App


def build(app: App) -> InferenceStack:
    """Read and check the context, then declare the stack; tests call it with an app of their own."""
    tasks = all_tasks()
    options = Options.from_context(app.node.get_all_context(), tasks)
    return InferenceStack(app, options.name, options=options, tasks=tasks)
