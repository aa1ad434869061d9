"""Every promise of docs/security.md names a test that is there, or a target of make."""

from __future__ import annotations

import re

from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
FILES = {path.name for path in (ROOT / "tests").rglob("test_*.py")}


def test_tests_that_it_names_are_there() -> None:
    named = re.findall(r"`((?:tests/[\w/]+/)?test_\w+\.py)`", PAGE)
    assert len(named) > 40
    for name in named:
        assert (ROOT / name).is_file() if "/" in name else name in FILES, name


def test_every_promise_has_a_test() -> None:
    rows = re.findall(r"^\| (.+) \| (.+) \|$", PAGE, re.MULTILINE)
    promises = [row for row in rows if row[0] not in ("promise", "---")]
    assert len(promises) > 40
    for promise, test in promises:
        assert "test_" in test or "the same" in test, promise


def test_targets_that_it_names_are_there() -> None:
    named = re.findall(r"`make ([a-z-]+)", PAGE)
    assert {"fuzz", "hostile", "lock", "pins"} <= set(named) <= TARGETS


def test_the_policy_points_there() -> None:
    assert "(docs/security.md)" in (ROOT / "SECURITY.md").read_text()
