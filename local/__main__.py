"""``python -m local``: the synthesized stack on this machine, to serve or to try out (``run``)."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.settings import PRECISIONS, SettingsError, check_hub_url
from inference.tasks import BadTask
from local.batch.job import JobFailed
from local.batch.lines import BadFile
from local.cloud.front import Cloud
from local.cloud.loopback_server import PortRefused
from local.cloud.template import DEFAULT_TEMPLATE, LocalFunction, TemplateError, read_template
from local.commands.invoke import OUTPUTS
from local.commands.run import ProgressLines, RunFailed, run_all, say
from local.demo.catalog import (
    DEMO_REPOSITORIES,
    EMBEDDED,
    DemoModel,
    NoDemoModel,
    current,
    demo_model,
    make,
)
from local.demo.recipes import BUILT
from local.folders import admit_own_tasks
from local.hub.server import HubServer
from local.hub_choice import AUTO, ask_person, choose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

BUILD = Path("build")
AT_ONCE = 2
"""Demo models that ``run`` prepares at the same time. Real ones come one by one, as they need more memory."""


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line, start everything, stop everything."""
    arguments = _parser().parse_args(argv)
    admit_own_tasks()
    try:
        if arguments.hub not in (AUTO, EMBEDDED):
            check_hub_url(arguments.hub, "HUB")
        functions = _chosen(read_template(arguments.template), arguments.tasks)
        arguments.hub = choose(arguments.hub, (each.task.model for each in functions), ask_person())
        if arguments.command == "batch":
            return _batch(arguments, functions)
        with _hub(arguments.hub, functions) as hub:
            return asyncio.run(_main(arguments, functions, hub, _cache(arguments)))
    except PortRefused as error:
        print(f"error: {error}; choose another port", file=sys.stderr)
        return 1
    except (BadFile, BadTask, JobFailed, NoDemoModel, RunFailed, SettingsError, TemplateError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _batch(arguments: argparse.Namespace, functions: list[LocalFunction]) -> int:
    from local.batch.command import read_command  # with what batches cost, which nothing else asks

    (function,) = functions
    command = read_command(arguments, function)
    if arguments.deployed:
        return command.run(None)
    with _hub(arguments.hub, functions) as hub:
        cache = _cache(arguments)
        demos = demos_of(functions, arguments.hub) if arguments.hub == EMBEDDED else {}
        overrides = overrides_of(hub, demos, None)
        return command.run(lambda: Cloud(functions, cache, overrides, _drop_log, template=arguments.template))


async def _main(arguments: argparse.Namespace, functions: list[LocalFunction], hub: str, cache: Path) -> int:
    stopped = asyncio.Event()
    work: asyncio.Future[None] | None = None
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    is_run = arguments.command == "run"
    at_once = AT_ONCE if arguments.hub == EMBEDDED else 1
    log = ProgressLines(at_once) if is_run else _show_log
    demos = demos_of(functions, arguments.hub)
    overrides = overrides_of(hub, demos if arguments.hub == EMBEDDED else {}, arguments.precision)
    notes = {name: demo.note for name, demo in demos.items()}
    async with Cloud(functions, cache, overrides, log, arguments.port, notes, arguments.template) as cloud:
        if not is_run:
            print(f"ready {cloud.url}", flush=True)
            await stopped.wait()
            return 0
        work = asyncio.ensure_future(run_all(cloud, BUILD / "run.json", at_once))
        stop = asyncio.ensure_future(stopped.wait())
        await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.cancel()
            return 130
        await work
        return 0


def demos_of(functions: Iterable[LocalFunction], hub: str) -> dict[str, DemoModel]:
    """Function -> the demo model that it begins to answer with now, if it is one."""
    named = {
        function.name: (hub == EMBEDDED and _demo_model(function)) or function.task.model.id
        for function in functions
    }
    return {name: demo for name, model in named.items() if (demo := current(model))}


def overrides_of(
    hub: str, demos: Mapping[str, DemoModel], precision: str | None
) -> Callable[[LocalFunction], dict[str, str]]:
    """Variables that differ from the template's on this machine: the Hub's URL, and with it the demo models.

    Each is named with its commit. By its branch, a cache would go on with the commit of an earlier start,
    although a better model may have taken its place since.
    """

    def overrides(function: LocalFunction) -> dict[str, str]:
        variables = {"HF_ENDPOINT": hub}
        is_chosen = "MODEL" in function.environment and "REVISION" in function.environment
        if not is_chosen and (demo := demos.get(function.name)):
            variables |= {"MODEL": demo.repository, "REVISION": demo.commit}
        if precision:
            variables["PRECISION"] = precision
        return variables

    return overrides


def _demo_model(function: LocalFunction) -> str | None:
    """What stands in for the function's default model; an operator's own choice of model stays."""
    return None if "MODEL" in function.environment else demo_model(function.task)


def _chosen(functions: list[LocalFunction], names: str | None) -> list[LocalFunction]:
    wanted = [name.strip().replace("_", "-") for name in (names or "").split(",") if name.strip()]
    known = {function.name for function in functions}
    for name in wanted:
        if name not in known:
            raise TemplateError(f"--tasks: no function {name!r}; known: {', '.join(sorted(known))}")
    return [function for function in functions if not wanted or function.name in wanted]


@contextlib.contextmanager
def _hub(hub: str, functions: list[LocalFunction]) -> Iterator[str]:
    """The Hub's URL; the embedded one has every demo model that the functions need before it starts."""
    if hub != EMBEDDED:
        yield hub
        return
    make(model for function in functions if (model := _demo_model(function)))
    with HubServer((DEMO_REPOSITORIES, BUILT)) as server:
        yield server.url


def _cache(arguments: argparse.Namespace) -> Path:
    """The cache folder, which all commands share: what one prepared, the next need not prepare again."""
    folder: Path = (arguments.cache or BUILD / "cache").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _drop_log(name: str, line: str) -> None:
    """The bar alone is shown."""


def _show_log(name: str, line: str) -> None:
    say(f"[{name}] {line}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for command, what in (
        ("serve", "serve until stopped"),
        ("run", "call every function once, print a table"),
    ):
        sub = commands.add_parser(command, help=what)
        sub.add_argument("--port", type=int, default=8080 if command == "serve" else 0)
        sub.add_argument("--hub", default=EMBEDDED, help="embedded (demo models), a Hub's URL, or auto")
        sub.add_argument("--tasks", help="only these, with commas between")
        sub.add_argument("--cache", type=Path, help="the model cache folder")
        sub.add_argument("--precision", choices=PRECISIONS, help="in place of the template's")
        sub.add_argument("--template", type=Path, default=DEFAULT_TEMPLATE)
    _add_batch(commands)
    return parser


def _add_batch(commands: Any) -> None:
    sub = commands.add_parser("batch", help="a file of lines through one function")
    sub.add_argument("--task", dest="tasks", required=True, help="the function, like embeddings")
    sub.add_argument("--input", type=Path, required=True, help="JSON lines, or a CSV table")
    sub.add_argument("--output", type=Path, required=True, help="JSON lines, an answer a line")
    sub.add_argument("--column", help="of a table: the one with the texts")
    sub.add_argument("--deployed", action="store_true", help="by the deployed stack")
    sub.add_argument("--outputs", type=Path, default=OUTPUTS, help="what `make deploy` wrote")
    sub.add_argument("--hub", default=EMBEDDED, help="embedded (demo models) or a Hub's URL")
    sub.add_argument("--cache", type=Path, help="the model cache folder")
    sub.add_argument("--template", type=Path, default=DEFAULT_TEMPLATE)


if __name__ == "__main__":
    sys.exit(main())
