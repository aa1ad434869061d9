"""``hublet add-task``: a new function, as one file."""

from __future__ import annotations

import re
import subprocess
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from hublet.failure import Failure
from hublet.hub_facts import NoAnswer, ask_hub, guess_tag
from inference.settings import DEFAULT_HUB, MODEL_ID, SettingsError, check_hub_url
from inference.tasks import OWN
from local.folders import IS_CHECKOUT, ROOT, admit_own_tasks, module_variables

if TYPE_CHECKING:
    import argparse

    from hublet.task_file import NewTask

SUMMARY = "write the file of a new function, show it, and run it"
NAME = r"[a-z][a-z0-9]*([-_][a-z0-9]+)*"
LONGEST_NAME = 40
EMBEDDED = "embedded"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its name, its model, and what kind of task it is."""
    parser.add_argument("name", metavar="NAME", help="of the function, like language")
    parser.add_argument("--model", required=True, metavar="OWNER/NAME", help="a model on the Hub")
    parser.add_argument("--tag", metavar="TAG", help="its pipeline tag; the Hub is asked by default")
    parser.add_argument("--summary", metavar="TEXT", help="one sentence on what it does")
    parser.add_argument(
        "--hub", default=EMBEDDED, metavar="URL", help="run the real model of this Hub; a demo model without"
    )
    parser.add_argument("--no-run", action="store_true", help="write and show the file only")


def run(arguments: argparse.Namespace) -> int:
    """Write the file, show it, and call the function once."""
    admit_own_tasks()
    name = arguments.name.replace("-", "_")
    check_name(arguments.name)
    if not re.fullmatch(MODEL_ID, arguments.model):
        raise Failure(f"--model must look like owner/name; not {arguments.model!r}")
    path = choose_folder(Path.cwd()) / f"{name}.py"
    _write(path, _plan(name, arguments))
    print(f"{path.relative_to(Path.cwd())}:\n\n{path.read_text()}", flush=True)
    if arguments.no_run:
        print(f"Try it: hublet run {name}", file=sys.stderr)
        return 0
    command = [sys.executable, "-P", "-m", "hublet", "run", name, "--hub", arguments.hub]
    return subprocess.run(command, env=module_variables()).returncode


def check_name(given: str) -> None:
    """Refuse a name that no function can have, or that one has."""
    from inference.tasks import BadTask, task_names
    from stacks.options.names import SHARED_FUNCTIONS

    if not re.fullmatch(NAME, given) or len(given) > LONGEST_NAME:
        raise Failure(
            f"NAME must be lower-case words joined by - or _, of at most {LONGEST_NAME} characters; "
            f"not {given[:LONGEST_NAME]!r}"
        )
    try:
        taken = [*task_names(), *SHARED_FUNCTIONS]
    except BadTask as error:
        raise Failure(str(error)) from error
    if given.replace("-", "_") in taken:
        raise Failure(f"NAME: there is a function {given!r} already; choose another name")


def choose_folder(here: Path) -> Path:
    """``inference/tasks`` of a checkout that one stands in, else ``hublet_tasks`` of this folder."""
    if IS_CHECKOUT and here == ROOT.resolve():
        return here / "inference" / "tasks"
    return here / OWN


def _plan(name: str, arguments: argparse.Namespace) -> NewTask:
    from hublet.task_file import NewTask

    tag, commit = arguments.tag, None
    hub = DEFAULT_HUB if arguments.hub == EMBEDDED else arguments.hub
    try:
        check_hub_url(hub, "--hub")
        facts = ask_hub(hub, arguments.model)
    except SettingsError as error:
        raise Failure(str(error)) from error
    except NoAnswer:
        tag = tag or _guess(arguments.model, hub)
    else:
        tag, commit = tag or facts.pipeline_tag, facts.commit
        if not facts.has_safetensors:
            _say("the model has no safetensors; see pickle_weights in the page on tasks")
    return NewTask(name, arguments.model, _check_tag(tag), commit, arguments.summary)


def _guess(model: str, hub: str) -> str | None:
    tag = guess_tag(model)
    if tag:
        _say(f"{hub} did not answer; the model's name suggests {tag} (--tag chooses another)")
    return tag


def _check_tag(tag: str | None) -> str:
    from hublet.task_file import known_tags

    known = known_tags()
    if tag in known:
        return str(tag)
    if tag is None:
        raise Failure(f"--tag is needed, because the Hub tells none; one of {', '.join(known)}")
    near = get_close_matches(tag, known, 1)
    meant = f" (did you mean {near[0]!r}?)" if near else ""
    raise Failure(f"--tag: no engine serves {tag!r}{meant}; known: {', '.join(known)}")


def _write(path: Path, task: NewTask) -> None:
    """The file; one that could not be loaded is not left behind."""
    from hublet.task_file import write_source
    from inference.tasks import BadTask, get_task

    path.parent.mkdir(exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(write_source(task))
    except FileExistsError:
        raise Failure(f"{path} is there already") from None
    admit_own_tasks()
    try:
        get_task(task.name)
    except BadTask as error:
        path.unlink()
        raise Failure(str(error)) from error


def _say(text: str) -> None:
    print(f"hublet: {text}", file=sys.stderr)
