"""Names of functions: the stack's, then the task's; refused where two functions would have the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stacks.context import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from inference.task import Task

LONGEST_FUNCTION_NAME = 64
CACHE, PREFETCH = "cache", "prefetch"
OWN = {CACHE: "looks after the model cache", PREFETCH: "asks functions to get their models ready"}
"""What stands behind the stack's name in those of functions that are no task's."""


def function_name(stack: str, function: str) -> str:
    """The name that Lambda, the console and the local cloud show."""
    return f"{stack.lower()}-{function}"


def title(task: Task) -> str:
    """How the task's outputs begin, and what its construct is called."""
    return "".join(word.capitalize() for word in task.name.split("_"))


def check(stack: str, tasks: Sequence[Task]) -> None:
    """Refuse names that could not be deployed, or only beside no other stack of ours."""
    _refuse_taken(tasks)
    _refuse_same_title(tasks)
    every = [task.function_name for task in tasks] + list(OWN)
    _refuse_long(stack, every)
    _refuse_ambiguous(stack, every)


def _refuse_taken(tasks: Iterable[Task]) -> None:
    for task in tasks:
        if task.function_name in OWN:
            raise OptionError(
                f"inference/tasks/{task.name}.py cannot be deployed: {task.function_name!r} is the name of "
                f"the function that {OWN[task.function_name]}; give the task and its file another one"
            )


def _refuse_same_title(tasks: Iterable[Task]) -> None:
    found: dict[str, str] = {}
    for task in tasks:
        other = found.setdefault(title(task), task.name)
        if other != task.name:
            raise OptionError(
                f"inference/tasks/{other}.py and inference/tasks/{task.name}.py cannot both be deployed: the "
                f"outputs of both would begin with {title(task)!r}; give one of them another name"
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
