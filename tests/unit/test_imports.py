"""Who may import whom, and how little the handler imports: read from the source, and from a process."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

LAYERS = (
    {"errors"},
    {
        "artifact",
        "audio",
        "cache_files",
        "cache_layout",
        "lease",
        "leftovers",
        "room",
        "cache_errors",
        "failure",
        "child",
        "deadline",
        "diffusers_index",
        "fields",
        "hashes",
        "hub_token",
        "images",
        "load_marks",
        "loading",
        "keys",
        "meter",
        "metrics",
        "mp3_length",
        "peak_memory",
        "pictures",
        "progress",
        "recycling",
        "settings",
        "worker",
    },
    {
        "task",
        "model_lock",
        "request",
        "response",
        "publish",
        "refusals",
        "memory_needs",
        "wanted_files",
        "download",
    },
    {"tasks", "engines", "convert", "preparation", "model_files", "checked_load", "loaded_models", "routes"},
    {"openai"},
    {"describe", "openapi", "purpose", "runs"},
    {"request_log"},
    {"serve"},
    {"command"},
    {"handler", "maintenance", "__main__"},
)
HEAVY = {"torch", "transformers", "boto3", "onnxruntime", "huggingface_hub", "numpy", "starlette"}
MODULES = sorted(path.relative_to(ROOT) for path in (ROOT / "inference").rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Dotted names that a file imports, at module level and inside functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def layer(name: str) -> int | None:
    parts = name.split(".")
    if parts[0] != "inference" or len(parts) < 2:
        return None
    return next((index for index, names in enumerate(LAYERS) if parts[1] in names), None)


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports_point_down(path: Path) -> None:
    own = layer(".".join(path.with_suffix("").parts))
    assert own is not None or path.name == "__init__.py", f"{path} stands in no layer"
    for name in imported(path):
        assert name.split(".")[0] not in ("stacks", "local"), name
        target = layer(name)
        assert own is None or target is None or target <= own, f"{path} imports {name}"


def test_only_entry_points_read_the_environment_and_the_package_sets_one_variable() -> None:
    readers = {
        str(path)
        for path in MODULES
        if re.search(r"os\.(environ|getenv)|os import", (ROOT / path).read_text())
    }
    assert readers == {
        "inference/__init__.py",
        "inference/__main__.py",
        "inference/handler.py",
        "inference/maintenance/handler.py",
    }


@pytest.mark.parametrize("handler", ["inference.handler", "inference.maintenance.handler"])
def test_the_handler_imports_nothing_heavy(tmp_path: Path, handler: str) -> None:
    code = f"import sys, {handler}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    environ = {"TASK": "sentiment", "MODEL_CACHE": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, text=True, check=True
    )
    assert HEAVY & set(done.stdout.split()) == set()


def test_serving_brings_nothing_of_the_maintenance() -> None:
    code = "import sys, inference.serve; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "inference.maintenance" not in done.stdout


def test_no_file_grows_past_what_one_idea_needs() -> None:
    long = {
        str(path): count for path in MODULES if (count := len((ROOT / path).read_text().splitlines())) > 260
    }
    assert long == {}
