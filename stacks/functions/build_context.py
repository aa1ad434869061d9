"""The folder that images are built from: the checkout as it is, or a copy with a user's own tasks in it."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import inference.tasks as tasks

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
"""The checkout; of an installed wheel, the folder ``hublet``."""
INFERENCE = Path(tasks.__file__).parents[1]
DOCKERFILE = "docker/Dockerfile"
DOCKER_FILES = (DOCKERFILE, "docker/requirements.txt", "docker/requirements-serve.txt", "docker/slim.py")
IGNORE = ".dockerignore"
LOCK = "models.lock.json"
OWN = "own"
"""The folder of a user's own packages in the copy."""
CODE = "COPY inference /opt/hublet/inference\n"
OWN_CODE = f"COPY {OWN} /opt/hublet/\n"
NOT_COPIED = shutil.ignore_patterns("__pycache__", LOCK)


def find_build_context() -> Path:
    """The checkout, where the images need no more than it has; else a copy."""
    own = tuple(each for each in tasks.task_sources() if each.is_own)
    is_whole = (ROOT / "inference").is_dir()
    return ROOT if is_whole and not own else _copy(own)


@cache
def _copy(own: Sequence[tasks.TaskSource]) -> Path:
    """Made once a process, for all functions have one image; the CDK copies it when it is named."""
    folder = Path(tempfile.mkdtemp(prefix="hublet-image-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    stage(folder, own)
    return folder


def stage(folder: Path, own: Sequence[tasks.TaskSource]) -> None:
    """Fill an empty folder with what the images are built from; the same content every time."""
    for name in (IGNORE, *DOCKER_FILES):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    shutil.copytree(INFERENCE, folder / "inference", ignore=NOT_COPIED)
    lock = next(each for each in (ROOT / LOCK, INFERENCE / LOCK) if each.is_file())
    shutil.copyfile(lock, folder / LOCK)
    if own:
        _stage_own(folder / OWN, own)
        _insert(folder / DOCKERFILE, after=CODE, text=OWN_CODE)
        _insert(folder / IGNORE, after="!inference\n", text=f"!{OWN}\n")


def _insert(path: Path, *, after: str, text: str) -> None:
    """The file with one line more."""
    before, line, rest = path.read_text().partition(after)
    assert line, f"{path.name} has no line {after!r}"
    path.write_text(before + line + text + rest)


def _stage_own(folder: Path, own: Sequence[tasks.TaskSource]) -> None:
    """The user's packages, and a file in ``hublet_tasks`` for each task, which is how an image finds them."""
    home = folder / tasks.OWN
    home.mkdir(parents=True)
    for source in tasks.own_folders():
        shutil.copytree(source, home, ignore=NOT_COPIED, dirs_exist_ok=True)
    for task in own:
        package = task.module.split(".")[0]
        if package != tasks.OWN:
            _copy_package(package, folder, task)
            line = f"from {task.module} import {task.attribute} as TASK  # noqa: F401\n"
            (home / f"{task.name}.py").write_text(line)


def _copy_package(name: str, folder: Path, task: tasks.TaskSource) -> None:
    """A whole package, or a module alone, from wherever it is installed."""
    spec = find_spec(name)
    if name == "inference" or spec is None or not spec.origin:
        raise tasks.BadTask(f"{task.label}: its package {name!r} cannot be put into the image")
    origin = Path(spec.origin)
    if spec.submodule_search_locations is None:
        shutil.copyfile(origin, folder / origin.name)
    elif not (folder / name).exists():
        shutil.copytree(origin.parent, folder / name, ignore=NOT_COPIED)
