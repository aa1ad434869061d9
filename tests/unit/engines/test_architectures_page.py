"""``docs/architectures.md`` has a row for each engine and tag, with the architectures that the code has."""

from __future__ import annotations

import re

from inference.engines.choose import NAMES, converted_types, fast_engines
from inference.engines.diffusion.samplers import SAMPLERS
from inference.hub import diffusers_index
from inference.task_kinds import PIPELINE_TAGS
from tests.support.paths import ROOT

ROW = re.compile(r"^\| ([\w-]+(?:, [\w-]+)*) \| ([\w -]+) \| (.+) \|$", re.MULTILINE)
PART = r"^\| (pipeline|vae|scheduler) \| (.+) \|$"


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


def test_the_page_has_the_samplers_and_pipelines_of_the_code() -> None:
    page = (ROOT / "docs" / "architectures.md").read_text(encoding="utf-8")
    rows = {name: set(re.findall(r"`([^`]+)`", said)) for name, said in re.findall(PART, page, re.MULTILINE)}
    assert rows["scheduler"] == SAMPLERS.keys()
    assert rows["pipeline"] == set(diffusers_index.PIPELINES)
    assert rows["vae"] == set(diffusers_index.PARTS["vae"][1])
