"""Rooms and files form graphs without a circle, and some libraries stay out of some rooms.

Arrows are imports at module level, inside functions and under ``TYPE_CHECKING``, and module names in strings.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

import pytest

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

PACKAGES = ("inference", "local", "bench", "stacks", "playground", "hublet")
MOST_ROOT_FILES = 12
MOST_LINES = 260
Graph = dict[str, set[str]]


def modules(package: str) -> dict[str, Path]:
    """Dotted name -> file."""
    files = sorted((ROOT / package).rglob("*.py"))
    return {dotted(path): path for path in files if "models" not in path.relative_to(ROOT).parts}


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def names_in(source: str) -> frozenset[str]:
    """Every dotted name that a source imports, or spells in a string on its own (``a.b`` or ``a.b:c``)."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names |= {found[0].split(":")[0] for found in re.finditer(r"^\w+(\.\w+)+(:\w+)?$", node.value)}
    return frozenset(names)


def arrows(package: str) -> Graph:
    """Module -> the modules of its package that it names."""
    known = modules(package)
    graph: Graph = {}
    for name, path in known.items():
        found = {_deepest(each, known) for each in names_in(path.read_text())} & set(known)
        # `from a.b import c` names the package a.b too; only what is taken from it is an arrow.
        graph[name] = {each for each in found if each != name and not name.startswith(f"{each}.")}
    return graph


def _deepest(name: str, known: Iterable[str]) -> str:
    """The module that a dotted name leads to: itself, or the one that has its last part."""
    return name if name in known else name.rpartition(".")[0]


def room(module: str, known: Mapping[str, Path]) -> str:
    """The folder right beneath the package, or the file itself where it lies in none."""
    first_two = ".".join(module.split(".")[:2])
    return first_two if first_two in known else module


def room_arrows(package: str) -> Graph:
    known = modules(package)
    graph: Graph = {}
    for module, others in arrows(package).items():
        own = room(module, known)
        graph.setdefault(own, set()).update({room(other, known) for other in others} - {own, package})
    return graph


def circle(graph: Graph) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.mark.parametrize("package", PACKAGES)
def test_neither_rooms_nor_files_form_a_circle(package: str) -> None:
    assert circle(room_arrows(package)) == []
    assert circle(arrows(package)) == []


def test_a_circle_would_be_found() -> None:
    source = 'from a import b\nif TYPE_CHECKING:\n    from a.c import D\nMAKER = "a.e.f:make"\n'
    assert {"a.b", "a.c.D", "a.e.f"} <= names_in(source)
    assert circle({"a.b": {"a.c"}, "a.c": {"a.b"}}) != []
    assert "inference.hub.download" in arrows("inference")["inference.prepare.preparation"]  # a string


def test_few_files_lie_outside_the_rooms() -> None:
    assert len(list((ROOT / "inference").glob("*.py"))) <= MOST_ROOT_FILES


NOT_IN_SERVING = "torch transformers diffusers onnx onnxruntime huggingface_hub"
SERVING = (
    *("http", "media", "cache", "jobs", "prepare", "relay", "runtime", "fields", "tasks", "cli"),
    *("maintenance", "factory"),  # the factory starts the children too, and imports none of what they do
)
FORBIDDEN = [
    # What a room must not import, not even inside a function.
    *((f"inference.{room}", NOT_IN_SERVING) for room in SERVING),
    ("inference.hub", "torch transformers onnx onnxruntime numpy"),
    ("inference.convert", "huggingface_hub boto3 httpx urllib3"),
    ("inference.engines.onnx", "torch transformers onnx huggingface_hub boto3"),
    ("inference.engines.diffusion", "torch transformers diffusers onnx huggingface_hub boto3"),
    ("inference.engines.ctranslate", "torch transformers huggingface_hub boto3"),
    ("inference.engines.genai", "torch transformers huggingface_hub boto3"),
    ("inference", "stacks local bench playground hublet aws_cdk gradio starlette"),
    ("stacks", "local bench playground hublet torch numpy"),
    ("hublet", "torch transformers numpy gradio"),
    ("stacks.options", "aws_cdk boto3"),
    ("local.cloud", "torch transformers huggingface_hub"),
    ("playground", "torch transformers"),
]


@pytest.mark.parametrize(("place", "libraries"), FORBIDDEN, ids=[place for place, _ in FORBIDDEN])
def test_some_libraries_stay_out_of_some_rooms(place: str, libraries: str) -> None:
    files = {
        name: path
        for name, path in modules(place.split(".")[0]).items()
        if name == place or name.startswith(f"{place}.")
    }
    assert files
    for name, path in files.items():
        assert {each.split(".")[0] for each in imported(path)} & set(libraries.split()) == set(), name


def imported(path: Path) -> set[str]:
    """Dotted names in import statements."""
    nodes = ast.walk(ast.parse(path.read_text()))
    plain = [node for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom))]
    return {
        name
        for node in plain
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        )
    }


def test_serving_imports_nothing_of_the_children_or_the_maintenance() -> None:
    """What serves never brings what downloads, converts, or belongs to another function."""
    graph = arrows("inference")
    children = ("inference.convert", "inference.hub.download", "inference.maintenance", "inference.factory")
    for name, others in graph.items():
        if (
            name.startswith(children) or name == "inference.prepare.preparation"
        ):  # that names them, to start them
            continue
        assert not any(other.startswith(children) for other in others), name


def test_only_entry_points_read_the_environment_and_the_package_sets_one_variable() -> None:
    readers = {
        name
        for name, path in modules("inference").items()
        if re.search(r"os\.(environ|getenv)|os import", path.read_text())
    }
    assert readers == {
        "inference",
        "inference.__main__",
        "inference.factory.handler",
        "inference.handler",
        "inference.maintenance.handler",
    }


def test_no_file_grows_past_what_one_idea_needs() -> None:
    long = {
        name: count
        for name, path in modules("inference").items()
        if (count := len(path.read_text().splitlines())) > MOST_LINES
    }
    assert long == {}
