"""``docs/architectures.md`` has a row for each engine and tag, with the architectures that the code has."""

from __future__ import annotations

import re

from inference.engines.choose import NAMES, converted_types, fast_engines
from inference.task_kinds import PIPELINE_TAGS
from tests.support.paths import ROOT

ROW = re.compile(r"^\| ([\w-]+(?:, [\w-]+)*) \| ([\w -]+) \| (.+) \|$", re.MULTILINE)


def rows_of_page() -> dict[tuple[str, str], set[str]]:
    page = (ROOT / "docs" / "architectures.md").read_text(encoding="utf-8")
    return {
        (tag, engine): set(re.findall(r"`([^`]+)`", types))
        for tags, engine, types in ROW.findall(page)
        if engine in NAMES.values()
        for tag in tags.split(", ")
    }


def test_the_page_is_what_the_code_chooses() -> None:
    expected = {
        (tag, NAMES[engine]): set(types)
        for tag in PIPELINE_TAGS
        if converted_types(tag)
        for engine, types in fast_engines(tag).items()
    }
    assert rows_of_page() == expected
