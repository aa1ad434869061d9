"""What runs models: gigabytes that deploying does not need. Where they are missing, they are installed once.

The wheel asks for none of it, so that a CDK project stays light. ``pip`` could not resolve it either: on
Linux the plain torch package brings gigabytes of CUDA, and Gradio asks for an older Pillow than serving has.
So the pins that the tests run with are installed, as ``make`` does it, into a virtual environment of their
own.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from hublet.failure import Failure
from hublet.home import version
from local.folders import IMPORTED_FROM, IS_CHECKOUT, ROOT, data_folder

if TYPE_CHECKING:
    from pathlib import Path

TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
"""PyTorch's own index of builds without CUDA; ``TORCH_INDEX`` names another."""
STAMP = "installed"
LINK = "hublet-command.pth"
ENTERED = "HUBLET_ENTERED"
"""Set in the environment that was made: it is not made twice."""


@dataclass(frozen=True)
class Needs:
    """Packages that a command needs."""

    name: str
    modules: tuple[str, ...]
    """Of which all must be there."""
    size: str
    """On disk, in words."""

    def missing(self) -> list[str]:
        """The modules that cannot be imported here."""
        return [each for each in self.modules if find_spec(each) is None]


MODELS = Needs(
    "run",
    ("torch", "transformers", "onnxruntime", "ctranslate2", "tokenizers", "uvicorn", "starlette", "moto"),
    "about 2 GB",
)
UI = Needs("ui", (*MODELS.modules, "gradio"), "about 2.3 GB")


def enter(needs: Needs) -> None:
    """Return where everything is there. Else install it if needed, and start this command over in it."""
    missing = needs.missing()
    if not missing:
        return
    if os.environ.get(ENTERED):
        raise Failure(f"{', '.join(missing)} cannot be imported from {sys.prefix}; remove it and try again")
    if IS_CHECKOUT:
        raise Failure(f"{', '.join(missing)} is not installed here; `make {needs.name}` installs it")
    folder = environment_folder(needs)
    if not (folder / STAMP).is_file():
        _install(needs, folder)
    python = _python(folder)
    _link(python, folder)
    environ = {**os.environ, ENTERED: "1"}
    os.execve(python, [str(python), "-P", "-m", "hublet", *sys.argv[1:]], environ)


def environment_folder(needs: Needs) -> Path:
    """One for each set of pins, Python and version."""
    pins = "".join((ROOT / name).read_text() for name in _files(needs))
    facts = f"{version()} {sys.version_info[:2]} {sysconfig.get_platform()} {pins}"
    return data_folder() / f"{needs.name}-{hashlib.sha256(facts.encode()).hexdigest()[:12]}"


def _files(needs: Needs) -> list[str]:
    return ["requirements.txt", *(["requirements-ui.txt"] if needs.name == "ui" else [])]


def _install(needs: Needs, folder: Path) -> None:
    print(
        f"hublet: installing what models need, {needs.size}, once, into {folder}", file=sys.stderr, flush=True
    )
    try:
        venv.create(folder, clear=True, with_pip=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failure(f"a virtual environment could not be made in {folder}: {error}") from error
    python = _python(folder)
    _install_torch(python)
    _pip(python, "-r", str(ROOT / "requirements.txt"))
    if needs.name == "ui":
        # Without a look at dependencies: gradio asks for an older Pillow, and runs on this one.
        _pip(python, "--no-deps", "-r", str(ROOT / "requirements-ui.txt"))
    (folder / STAMP).touch()


def _install_torch(python: Path) -> None:
    """The CPU build on Linux; where none is to be had, the requirements bring the plain one."""
    (pin,) = re.findall(r"^torch==\S+", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    if not sys.platform.startswith("linux"):
        return
    index = ("--extra-index-url", os.environ.get("TORCH_INDEX") or TORCH_INDEX)
    if not (_try_pip(python, f"{pin}+cpu") or _try_pip(python, *index, f"{pin}+cpu")):
        print("hublet: no CPU build of torch was found; taking the plain one", file=sys.stderr, flush=True)


def _pip(python: Path, *arguments: str) -> None:
    if not _try_pip(python, *arguments, is_last=True):
        raise Failure("pip could not install what models need; the reason is above")


def _try_pip(python: Path, *arguments: str, is_last: bool = False) -> bool:
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    errors = None if is_last else subprocess.DEVNULL
    return subprocess.run(command, stdout=sys.stderr, stderr=errors).returncode == 0


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _link(python: Path, folder: Path) -> None:
    """Let it import this package and the user's own tasks, after what is installed in it."""
    (packages,) = (folder / "lib").glob("python*/site-packages")
    (packages / LINK).write_text(f"{IMPORTED_FROM}\n")
