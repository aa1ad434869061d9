"""The project's own stack, in an app of yours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from hublet.cdk.options import FunctionOptions, StackOptions, read_options
from inference.tasks import all_tasks
from stacks.inference_stack import InferenceStack as OwnStack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct


class InferenceStack(OwnStack):
    """Everything that ``hublet deploy`` makes: network, cache, and a function for each task.

    ``name`` is the stack's, and begins the name of every function; the id by default. ``tasks`` are names,
    all by default. ``functions`` has options of single functions: ``{"sentiment": {"memory": 3538}}``.
    ``stacks.options.context.OptionError`` names an option that is wrong, and what is allowed.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str | None = None,
        tasks: Sequence[str] = ("all",),
        functions: Mapping[str, FunctionOptions] | None = None,
        **options: Unpack[StackOptions],
    ) -> None:
        context: dict[str, Any] = {**options, "tasks": ",".join(tasks)}
        for task, chosen in (functions or {}).items():
            context |= {f"{task}.{key}": value for key, value in chosen.items()}
        chosen_name = name or id
        super().__init__(scope, chosen_name, options=read_options(chosen_name, context), tasks=all_tasks())
