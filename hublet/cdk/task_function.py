"""One task as a function in a stack of yours."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

from constructs import Construct

from hublet.cdk.options import FunctionOptions, read_options
from inference.tasks import get_task
from stacks.functions.task_function import TaskFunction as OwnFunction
from stacks.options.keys import TASK_KEYS

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_lambda as lambda_

    from hublet.cdk.model_cache import ModelCache
    from stacks.options.stack import Options

OWN_KEYS = frozenset(key.name for key in TASK_KEYS)


class TaskFunction(Construct):
    """A function that answers one task, its URL, its log and its role.

    ``task`` is a name: of a task of the project, of a file in ``hublet_tasks``, or of an installed package.
    :class:`inference.tasks.UnknownTask` lists the names that there are. ``ValueError``: the cache has a
    function for the task already.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        task: str,
        cache: ModelCache,
        **options: Unpack[FunctionOptions],
    ) -> None:
        super().__init__(scope, id)
        declared = get_task(task.replace("-", "_"))
        cache.check_is_new(declared.name)
        chosen = _choose(cache.options, declared.name, options)
        (self.task,) = replace(chosen, tasks=(declared.name,)).selected([declared])
        self._made = OwnFunction(
            self,
            "Task",
            task=self.task,
            options=chosen,
            network=cache.network,
            cache=cache.file_system,
            bucket=cache.bucket,
        )
        cache.add_function(self.task, self._made, chosen.overrides[declared.name])

    @property
    def function(self) -> lambda_.IFunction:
        """The alias ``live``, which calls and events go to."""
        return self._made.alias

    @property
    def function_name(self) -> str:
        """The name in Lambda: the cache's, then the task's."""
        return self._made.name

    @property
    def url(self) -> str:
        """Where the function answers HTTPS."""
        return self._made.url.url

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow direct invokes."""
        return self._made.alias.grant_invoke(grantee)

    def grant_invoke_url(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow signed calls of the URL, with ``auth="iam"``."""
        return self._made.url.grant_invoke_url(grantee)


def _choose(shared: Options, task: str, given: FunctionOptions) -> Options:
    """The cache's options with those of the function, checked together."""
    context: dict[str, Any] = {
        f"{task}.{key}" if key in OWN_KEYS else key: value for key, value in given.items()
    }
    is_vpc = shared.egress == "vpc"
    own = read_options(shared.name, {**context, "egress": shared.egress}, has_vpc=is_vpc)
    doors = ("auth", "i_accept_public", "key_sha256", "open_concurrency", "cors_origins", "streaming")
    chosen = {name: getattr(own, name) for name in (*doors, "alternatives", "prompt_caching")}
    return replace(shared, **chosen, overrides={**shared.overrides, task: own.overrides[task]})
