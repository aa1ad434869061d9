"""The commit that the Hub names becomes a folder's name, so it is nothing but a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from inference.hub import download
from inference.jobs.refused import Refused
from inference.jobs.requests import DownloadJob

if TYPE_CHECKING:
    from pathlib import Path


class Info:
    """What the Hub says of a model."""

    siblings: tuple[Any, ...] = ()

    def __init__(self, sha: str | None) -> None:
        self.sha = sha


@pytest.mark.parametrize("sha", ["../../../etc", "main", "A" * 40, "a" * 39, f"{'a' * 40}\n", "", None])
def test_anything_else_is_refused_before_a_file_comes(
    sha: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "_model_info", lambda job: Info(sha))
    job = DownloadJob(
        hub_url="http://127.0.0.1:9",
        model="a/b",
        revision="main",
        hub_cache=str(tmp_path / "hub"),
        pickle_weights=False,
        own_graph=False,
        converted_types=[],
        memory_mb=1769,
        memory_option="sentiment.memory",
    )
    with pytest.raises(Refused) as refused:
        download.fetch(job)
    assert refused.value.error.message == "the Hub names no commit for a/b at revision main"
    assert not (tmp_path / "hub").exists()
