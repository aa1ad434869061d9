"""What ``cdk synth`` runs in a checkout; ``hublet synth`` builds the same app."""

from __future__ import annotations

import sys

from aws_cdk import App

from inference.tasks import BadTask
from stacks.app import build
from stacks.options.context import OptionError


def main() -> None:
    """Synthesize; a mistake in the context or in a task is a sentence, not a traceback."""
    app = App()
    try:
        build(app)
    except (BadTask, OptionError) as error:
        sys.exit(f"hublet: {error}")
    app.synth()


if __name__ == "__main__":
    main()
