"""``hublet run`` and ``hublet serve``: a template, and the local cloud that runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hublet.arguments import join_tasks
from hublet.model_environment import MODELS, enter
from hublet.synthesis import synthesize_apart

if TYPE_CHECKING:
    import argparse


def start(command: str, arguments: argparse.Namespace, *more: str) -> int:
    """Run ``python -m local`` with these arguments, in the environment that has what models need."""
    enter(MODELS)
    given = local_arguments(arguments)
    if arguments.precision:
        given += ["--precision", arguments.precision]
    from local.__main__ import main

    return main([command, *more, *given])


def local_arguments(arguments: argparse.Namespace) -> list[str]:
    """Functions, models and template; the stack's own is synthesized where no other is named."""
    tasks = "" if arguments.template else join_tasks(arguments.tasks)
    template = arguments.template or synthesize_apart(arguments.context).template
    given = ["--hub", arguments.hub, "--template", str(template)]
    given += ["--tasks", tasks or ",".join(arguments.tasks)] if arguments.tasks else []
    return [*given, *(["--cache", str(arguments.cache)] if arguments.cache else [])]
