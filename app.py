"""The CDK app: one stack, made from the context alone. No AWS call, no git, no guessing."""

from __future__ import annotations

import sys

from aws_cdk import App

from inference.tasks import BadTask, all_tasks
from stacks.inference_stack import InferenceStack
from stacks.options.context import OptionError
from stacks.options.stack import Options


def build(app: App) -> InferenceStack:
    """Read and check the context, then declare the stack; tests call it with an app of their own."""
    tasks = all_tasks()
    options = Options.from_context(app.node.get_all_context(), tasks)
    return InferenceStack(app, options.name, options=options, tasks=tasks)


def main() -> None:
    """What ``cdk synth`` runs; a mistake in the context or in a task is a sentence, not a traceback."""
    app = App()
    try:
        build(app)
    except (BadTask, OptionError) as error:
        sys.exit(f"hublet: {error}")
    app.synth()


if __name__ == "__main__":
    main()
