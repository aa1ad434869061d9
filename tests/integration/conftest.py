"""The synthesized template, and the local cloud as a user starts it: a process of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def changed_template(direct_template: Path, tmp_path: Path) -> Callable[..., Path]:
    """The template of functions that prepare models themselves, with other properties of theirs.

    A synth for each test would take too long.
    """

    def change(variables: dict[str, str] | None = None, **properties: Any) -> Path:
        document = json.loads(direct_template.read_text())
        for resource in document["Resources"].values():
            if resource["Type"] == "AWS::Lambda::Function":
                resource["Properties"] |= properties
                resource["Properties"]["Environment"]["Variables"] |= variables or {}
        path = tmp_path / "template.json"
        path.write_text(json.dumps(document))
        return path

    return change


MAKE_RUN = "test_make_run_prints_a_table_and_writes_its_figures"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The test that prepares every model goes first, so that the others find them prepared."""
    items.sort(key=lambda item: item.name != MAKE_RUN)
