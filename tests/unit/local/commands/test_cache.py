"""``make cache``: what it prints of a folder here; test_cache_command.py asks a deployed function."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.commands import cache
from local.commands.cache_table import show
from tests.support.artifacts import HEAD, MODEL, put_artifact

if TYPE_CHECKING:
    from pathlib import Path


def test_without_a_deployment_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cache.main(["list", "--deployed", "--outputs", str(tmp_path / "none.json")]) == 1
    assert "deploy first" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["list", "--args", "{"], "ARGS must be a JSON object"),
        (["list", "--args", "[1]"], "ARGS must be a JSON object"),
        (["burn"], "action: must be one of list, verify, remove, prefetch, prune"),
        (["list", "--cache", "nowhere"], "nowhere is not there"),
    ],
)
def test_a_mistake_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    assert cache.main(["--cache", str(tmp_path), *arguments]) == 1
    assert capsys.readouterr().err.startswith(complaint)


def test_a_folder_here_is_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put_artifact(tmp_path, MODEL, HEAD)
    assert cache.main(["list", "--cache", str(tmp_path)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].split() == ["model", "commit", "what", "precision", "MB", "made", "loaded", "state"]
    assert printed[1].split()[0] == MODEL.id
    assert printed[1].endswith("complete")
    assert printed[-1].startswith("1 models, 0.0 MB, ")


def test_answers_as_lines() -> None:
    line = {"model": "a/b", "commit": "c" * 40, "artifact": "onnx-x-v1"}
    verified = {
        "checked": 2,
        "checked_bytes": 3_000_000,
        "damaged": [{**line, "problem": "x is not what its hash says", "repaired": True}],
        "skipped": [],
        "next": "a/b/d",
    }
    assert show("verify", verified).splitlines() == [
        "a/b cccccccc onnx-x-v1: x is not what its hash says, put aside",
        "2 checked, 3.0 MB; 1 damaged",
        'the time was over; go on with ARGS=\'{"next": "a/b/d"}\'',
    ]
    pruned = {"dry_run": True, "removed": [{**line, "why": "old"}], "skipped": [], "freed_bytes": 5_000_000}
    assert show("prune", pruned).splitlines() == [
        "a/b cccccccc onnx-x-v1: would go (old)",
        "1 would go, 5.0 MB",
    ]
    assert show("remove", {"removed": [], "freed_bytes": 0, "repeated": True}).startswith(
        "an earlier delivery"
    )
    asked = {"asked": ["one"], "failed": [{"function": "two", "why": "no way"}]}
    assert show("prefetch", asked) == "one: asked to prepare\ntwo: not asked, no way"
