"""Tests stand where the code stands, and share only what lies in ``tests/support``."""

from __future__ import annotations

import ast
import re

from tests.support.paths import ROOT

TESTS = ROOT / "tests"
PRIVATE = re.compile(r"^tests\b.*\.(test_\w+|conftest)\b")
"""Modules that nobody imports: tests and what pytest finds by itself."""
PACKAGES = ("local", "bench", "stacks", "playground", "hublet")
CODE = re.compile(rf"^(?:from|import) ((?:inference|{'|'.join(PACKAGES)})(?:\.\w+)*)", re.MULTILINE)
"""Imports in programs that tests keep in strings and run in processes of their own."""


def private_imports(source: str) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return [name for name in names if PRIVATE.match(name)]


def test_nothing_is_imported_from_a_test_or_a_conftest() -> None:
    found = {path: private_imports(path.read_text()) for path in TESTS.rglob("*.py")}
    assert len(found) > 100
    assert {path.relative_to(TESTS).as_posix(): names for path, names in found.items() if names} == {}


def test_such_an_import_would_be_found() -> None:
    for line in ("from tests.a.test_b import c", "from tests.a import test_b", "import tests.conftest"):
        assert private_imports(line), line
    assert private_imports("from tests.support.a import b") == []


def test_folders_of_unit_tests_are_rooms() -> None:
    unit = TESTS / "unit"
    for folder in {path.parent.relative_to(unit) for path in unit.rglob("test_*.py")}:
        is_package = folder.parts[:1] and folder.parts[0] in PACKAGES
        assert (ROOT / folder if is_package else ROOT / "inference" / folder).is_dir(), folder


def test_programs_in_strings_import_what_is_there() -> None:
    found = {(path, name) for path in TESTS.rglob("*.py") for name in CODE.findall(path.read_text())}
    assert any("test_avx2" in path.name for path, _ in found)
    missing = [(path.name, name) for path, name in found if not _is_module(name)]
    assert missing == []


def _is_module(name: str) -> bool:
    place = ROOT.joinpath(*name.split("."))
    return place.is_dir() or place.with_suffix(".py").is_file()
