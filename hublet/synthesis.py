"""``cdk synth`` without the CDK's command line: the app runs here, with the context that the CLI gives."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hublet.failure import Failure
from hublet.node import prefer_own_node
from local.folders import ROOT, admit_own_tasks, module_variables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk.cx_api import CloudAssembly

OUTPUT = Path("build/cdk.out")
CLI_CONTEXT = {"aws:cdk:enable-path-metadata": True, "aws:cdk:enable-asset-metadata": True}
"""What the CLI adds by itself (CDK guide, "Configure the CDK CLI": pathMetadata, assetMetadata)."""


@dataclass(frozen=True)
class Assembly:
    """What a synth wrote."""

    folder: Path
    stack: str

    @property
    def template(self) -> Path:
        return self.folder / f"{self.stack}.template.json"


def read_context(given: Sequence[str]) -> dict[str, Any]:
    """The options of ``cdk.json`` with those of the command line over them."""
    context: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    for pair in given:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise Failure(f"-c takes KEY=VALUE, like -c tasks=sentiment; not {pair!r}")
        context[key.strip()] = value
    return context


def synthesize(folder: Path, given: Sequence[str]) -> Assembly:
    """Write the template in this process; a mistake in an option or a task is a :class:`Failure`."""
    prefer_own_node()
    admit_own_tasks()
    context = read_context(given)
    from aws_cdk import App

    from inference.tasks import BadTask
    from stacks.app import build
    from stacks.options.context import OptionError

    app = App(outdir=str(folder), context={**context, **CLI_CONTEXT})
    try:
        stack = build(app)
    except (BadTask, OptionError) as error:
        raise Failure(str(error)) from error
    _show_messages(app.synth())
    return Assembly(folder, stack.stack_name)


def _show_messages(assembly: CloudAssembly) -> None:
    """What constructs have to say, which the CLI would print."""
    for stack in assembly.stacks:
        for message in stack.messages:
            print(f"hublet: {message.entry.data}", file=sys.stderr)


def synthesize_apart(given: Sequence[str], folder: Path = OUTPUT) -> Assembly:
    """The same in a process of its own, which takes its memory with it."""
    command = [sys.executable, "-P", "-m", "hublet", "synth", "--json", "--output", str(folder)]
    for pair in given:
        command += ["-c", pair]
    done = subprocess.run(command, env=module_variables(), stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(done.returncode)  # it has said why
    said = json.loads(done.stdout)
    return Assembly(folder, said["stack"])
