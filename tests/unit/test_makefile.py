"""``make help`` lists every target that a person types."""

from __future__ import annotations

import re

from tests.support.paths import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()


def test_every_target_has_its_line_in_the_help() -> None:
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    explained = set(re.findall(r"^([a-z-]+):.* ## \S", MAKEFILE, re.MULTILINE))
    declared = set(" ".join(re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)).split())
    assert {"help", "check", "fix", "unit", "test"} < targets
    assert targets == explained == declared
    assert ".DEFAULT_GOAL := help" in MAKEFILE
