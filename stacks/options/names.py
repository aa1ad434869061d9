"""Names of functions: the stack's, then the task's; refused where two functions would have the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stacks.options.context import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from inference.task import Task

LONGEST_FUNCTION_NAME = 64
BATCH, CACHE, FACTORY, PREFETCH = "batch", "cache", "factory", "prefetch"
SHARED_FUNCTIONS = {
    BATCH: "runs files through functions with batch=true",
    CACHE: "looks after the model cache",
    FACTORY: "makes models with egress=relay",
    PREFETCH: "asks functions to get their models ready",
}
"""Functions that are no task's: how their names end, and what they do."""


def function_name(stack: str, function: str) -> str:
    """The function's name in Lambda, the console and the local cloud."""
    return f"{stack.lower()}-{function}"


def output_prefix(task: Task) -> str:
    """How the names of the task's outputs and of its construct begin."""
    return "".join(word.capitalize() for word in task.name.split("_"))


def check_names(stack: str, tasks: Sequence[Task]) -> None:
    """Refuse names that could not be deployed, or only beside no other stack of ours."""
    _refuse_taken(tasks)
    _refuse_same_outputs(tasks)
    every = [task.function_name for task in tasks] + list(SHARED_FUNCTIONS)
    _refuse_long(stack, every)
    _refuse_ambiguous(stack, every)


def _refuse_taken(tasks: Iterable[Task]) -> None:
    for task in tasks:
        if purpose := SHARED_FUNCTIONS.get(task.function_name):
            raise OptionError(
                f"inference/tasks/{task.name}.py cannot be deployed: {task.function_name!r} is the name of "
                f"the function that {purpose}; give the task and its file another one"
            )


def _refuse_same_outputs(tasks: Iterable[Task]) -> None:
    found: dict[str, str] = {}
    for task in tasks:
        other = found.setdefault(output_prefix(task), task.name)
        if other != task.name:
            raise OptionError(
                f"inference/tasks/{other}.py and inference/tasks/{task.name}.py cannot both be deployed: the "
                f"outputs of both would begin with {output_prefix(task)!r}; give one of them another name"
            )


def _refuse_long(stack: str, functions: Iterable[str]) -> None:
    for function in functions:
        name = function_name(stack, function)
        if len(name) > LONGEST_FUNCTION_NAME:
            limit = f"{LONGEST_FUNCTION_NAME} characters that Lambda allows"
            raise OptionError(f"context key 'name' is too long: {name!r} has more than the {limit}")


def _refuse_ambiguous(stack: str, functions: Sequence[str]) -> None:
    """``Hublet-image`` with ``classification`` is ``Hublet`` with ``image-classification``."""
    words = stack.lower().split("-")
    for place in range(1, len(words)):
        shorter, rest = "-".join(words[:place]), "-".join(words[place:])
        for function in functions:
            if f"{rest}-{function}" in functions:
                raise OptionError(
                    f"context key 'name' must not be {stack!r}: its function "
                    f"{function_name(stack, function)!r} would have the name of {rest}-{function} in a "
                    f"stack {shorter!r}; choose a name that does not end in {rest!r}"
                )
