"""``make batch``: a file of lines through one function, with an estimate first and a bar while it runs."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.cost.batch import BatchUse, describe
from local.batch.definition import read_definition
from local.batch.in_aws import AwsRunner
from local.batch.job import Job, Order, fingerprint, open_job
from local.batch.lines import read_lines
from local.batch.on_this_machine import LocalRunner
from local.batch.progress import BatchBar

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from pathlib import Path

    from local.batch.definition import Definition
    from local.batch.job import Runner
    from local.cloud.front import Cloud
    from local.cloud.template import LocalFunction


@dataclass(frozen=True)
class BatchCommand:
    """What the command line asks for, checked; nothing has begun."""

    arguments: argparse.Namespace
    function: LocalFunction
    definition: Definition

    def run(self, open_cloud: Callable[[], Cloud] | None) -> int:
        """Say what it will take, then do it; returns the exit code. Without a cloud it is done in AWS."""
        arguments = self.arguments
        order = Order(
            str(arguments.input),
            str(arguments.output),
            self.function.full_name,
            arguments.column,
            arguments.deployed,
            fingerprint(arguments.input),
        )
        job = open_job(order, self._runner(open_cloud))
        self._estimate()
        return _follow(job, arguments.output)

    def _runner(self, open_cloud: Callable[[], Cloud] | None) -> Runner:
        if open_cloud:
            return LocalRunner(self.definition, self.function.name, open_cloud)
        import boto3

        return AwsRunner(self.definition, self.function.full_name, self.arguments.outputs, boto3.client)

    def _estimate(self) -> None:
        lines = read_lines(self.arguments.input, self.arguments.column, self.definition.batch_bytes)
        use = BatchUse(
            self.function.task.name,
            sum(1 for _ in lines),
            self.function.memory_mb,
            self.definition.items_a_batch,
            self.definition.concurrency,
        )
        print(describe(use), file=sys.stderr)


def read_command(arguments: argparse.Namespace, function: LocalFunction) -> BatchCommand:
    """Raises :class:`TemplateError` where the template has no machine for batch."""
    return BatchCommand(arguments, function, read_definition(arguments.template))


def _follow(job: Job, output: Path) -> int:
    bar = BatchBar()
    try:
        count = job.run(bar.show)
    except KeyboardInterrupt:
        bar.end()
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    bar.end()
    print(f"{output}: {count.answered:,} lines answered, {count.refused:,} not")
    if count.first_problem:
        print(f"the first that was not: {count.first_problem}", file=sys.stderr)
    return 0
