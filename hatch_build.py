"""The wheel's build hook: the packages that only the command and the constructs use go into ``hublet``.

``local``, ``stacks``, ``bench`` and ``playground`` are names that many projects have. In the wheel they are
``hublet.local`` and so on, and their imports say so. docs/decisions/0009-wheel.md says why.
"""

from __future__ import annotations

import ast
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MOVED = ("bench", "local", "playground", "stacks")
"""Packages that get ``hublet.`` before their names."""
CARRIED = ("local", "playground", "stacks", "bench/__init__.py", "bench/cost")
"""What the wheel has of them: the benchmarks stay outside."""
LEFT_OUT = (
    "local/demo/corpus",
    "local/demo/training",
    "local/demo/evaluation",
    "local/commands/pins.py",
    "local/commands/lock.py",
)
"""What only developers call; it needs packages that the wheel does not ask for."""
FILES = {
    ".dockerignore": "hublet/.dockerignore",
    "cdk.json": "hublet/cdk.json",
    "docker": "hublet/docker",
    "docs/bench/bench.json": "hublet/docs/bench/bench.json",
    "models.lock.json": "inference/models.lock.json",
    "package-lock.json": "hublet/package-lock.json",
    "package.json": "hublet/package.json",
    "requirements.txt": "hublet/requirements.txt",
    "requirements-models.txt": "hublet/requirements-models.txt",
    "requirements-ui.txt": "hublet/requirements-ui.txt",
}
"""Files beside the packages -> their place in the wheel."""


class Hook(BuildHookInterface[Any]):  # type: ignore[misc]  # hatchling is not looked into
    """Adds to the wheel what does not lie where the wheel has it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before the wheel is written; an editable one needs nothing, for the checkout is its home."""
        if version == "editable":
            return
        root = Path(self.root)
        self._scratch = Path(tempfile.mkdtemp(prefix="hublet-wheel-"))
        build_data["force_include"] |= {str(root / source): place for source, place in FILES.items()}
        build_data["force_include"] |= move(root, self._scratch)
        rewrite_tree(root / "hublet", self._scratch / "hublet")
        build_data["force_include"] |= placed(self._scratch / "hublet", "hublet")

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """After it."""
        if version != "editable":
            shutil.rmtree(self._scratch)


def move(root: Path, scratch: Path) -> dict[str, str]:
    """Rewritten copies of the carried packages -> their places in the wheel."""
    found: dict[str, str] = {}
    for name in CARRIED:
        source = root / name
        for path in sorted(source.rglob("*")) if source.is_dir() else [source]:
            place = path.relative_to(root)
            if path.is_file() and "__pycache__" not in place.parts and not _is_left_out(place):
                found[str(_rewritten(path, scratch / place))] = f"hublet/{place.as_posix()}"
    return found


def rewrite_tree(source: Path, target: Path) -> None:
    """The same for a package that keeps its name, but imports the others."""
    for path in sorted(source.rglob("*.py")):
        _rewritten(path, target / path.relative_to(source))


def placed(folder: Path, name: str) -> dict[str, str]:
    """Files -> their places in the wheel, beneath a package."""
    return {
        str(path): f"{name}/{path.relative_to(folder).as_posix()}" for path in sorted(folder.rglob("*.py"))
    }


def _is_left_out(place: Path) -> bool:
    return any(place.as_posix() == each or place.as_posix().startswith(f"{each}/") for each in LEFT_OUT)


def _rewritten(path: Path, target: Path) -> Path:
    """A copy of the file; of a module, with the new names."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".py":
        target.write_text(rewrite(path.read_text(encoding="utf-8"), path), encoding="utf-8")
    else:
        shutil.copyfile(path, target)
    return target


def rewrite(source: str, path: Path) -> str:
    """The source with ``hublet.`` before the moved packages in its imports; lines keep their numbers."""
    lines = source.splitlines(keepends=True)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import) and any(_is_moved(alias.name) for alias in node.names):
            raise ValueError(f"{path}:{node.lineno}: write `from a.b import c`, which the wheel can rename")
        if isinstance(node, ast.ImportFrom) and not node.level and _is_moved(node.module or ""):
            line = lines[node.lineno - 1]
            lines[node.lineno - 1] = re.sub(r"\bfrom\s+", "from hublet.", line, count=1)
    return "".join(lines)


def _is_moved(module: str) -> bool:
    return module.split(".")[0] in MOVED
