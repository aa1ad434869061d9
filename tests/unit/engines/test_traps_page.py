"""``docs/traps.md`` names tests that exist, and its table of families is what the code chooses."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from inference.engines.choose import NAMES, converted_types, fast_engines
from inference.task_kinds import PIPELINE_TAGS, kind_of
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (ROOT / "docs" / "traps.md").read_text(encoding="utf-8")
ROWS = 17
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)))


def families() -> dict[str, set[str]]:
    """Family of a model that writes text -> the engines that serve it fast."""
    found: dict[str, set[str]] = {}
    for tag in PIPELINE_TAGS:
        if kind_of(tag).writes and converted_types(tag):
            for engine, types in fast_engines(tag).items():
                for each in types:
                    found.setdefault(each, set()).add(NAMES[engine])
    return found


def table() -> Iterator[str]:
    """The page's rows, a family each."""
    found = families()
    engines = sorted({engine for served in found.values() for engine in served})
    yield f"| family | {' | '.join(engines)} |"
    yield f"|---|{':---:|' * len(engines)}"
    for family, served in sorted(found.items()):
        yield f"| `{family}` | {' | '.join('yes' if each in served else '–' for each in engines)} |"


def test_the_table_of_families_is_the_code_s() -> None:
    written = PAGE.partition("<!-- families -->")[2].partition("\n## ")[0].strip()
    expected = "\n".join(table())
    assert written == expected, f"write this:\n{expected}"


@pytest.mark.parametrize(("path", "name"), NAMED, ids=lambda value: value.rpartition("/")[2])
def test_a_named_test_exists(path: str, name: str) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}
    assert name in functions if name else any(each.startswith("test_") for each in functions)


def test_every_trap_has_a_row_with_a_test() -> None:
    rows = re.findall(r"^\| (\d+) \| .* \| `tests/.+` \|$", PAGE, re.MULTILINE)
    assert [int(number) for number in rows] == list(range(1, ROWS + 1))
