"""The table of context keys: what it says of each kind, and that its document has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stacks.options.keys import KEYS, TASK_KEYS
from stacks.options.table import find_document, make_table, renew
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

OTHER = "| key | what it says |\n|---|---|\n| `duration_ms` | how long it took |\n"
STALE = "| key | values |\n|---|---|\n| `name` | anything |\n| `tasks` | `all` |\n"


def test_the_document_has_the_table_that_the_keys_make() -> None:
    # `make options DOCUMENT=1` writes it.
    document = find_document(ROOT)
    assert renew(document, ROOT) == document.read_text()


def test_every_key_has_a_row() -> None:
    rows = [line.split(" | ") for line in make_table().splitlines()[2:]]
    names = [*(key.name for key in KEYS), *(f"<task>.{key.name}" for key in TASK_KEYS)]
    assert [row[0] for row in rows] == [f"| `{name}`" for name in names]
    assert {len(row) for row in rows} == {4}


@pytest.mark.parametrize(
    "row",
    [
        "| `auth` | `iam` | `iam`, `key`, `none` |",
        "| `tracing` | `false` | `false`, `true` |",
        "| `max_event_age` | `3600` | from 60 to 21600 seconds |",
        "| `alarm_email` | none | one address |",
        "| `<task>.memory` | the task's own | from 128 to 10240 MB |",
        "| `<task>.model` | the task's own | like `owner/model` |",
    ],
)
def test_a_row_has_the_default_and_what_is_allowed(row: str) -> None:
    assert f"\n{row}" in make_table()


def test_links_fit_where_the_document_lies() -> None:
    assert "](docs/operations.md#gated-models)" in make_table()
    assert "](operations.md#gated-models)" in make_table("docs")
    assert "](decisions/0001-egress.md)" in make_table("docs")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text(f"# Title\n\n{OTHER}")
    (tmp_path / "docs/configuration.md").write_text(f"# Keys\n\n{STALE}\nThe end.\n")
    return tmp_path


def test_a_stale_table_is_replaced_and_marked_once(project: Path) -> None:
    document = find_document(project)
    assert document.name == "configuration.md"
    for _ in range(2):
        document.write_text(renew(document, project))
    expected = f"# Keys\n\n<!-- make options DOCUMENT=1 -->\n\n{make_table('docs')}\nThe end.\n"
    assert document.read_text() == expected


@pytest.mark.parametrize(("more", "where"), [(STALE, "README.md, configuration.md"), (None, "no document")])
def test_the_table_stands_in_one_document(project: Path, more: str | None, where: str) -> None:
    if more:
        (project / "README.md").write_text(more)
    else:
        (project / "docs/configuration.md").unlink()
    with pytest.raises(ValueError, match=f"it stands in {where}"):
        find_document(project)
