"""Files that a Hub lists without a hash are taken, and the log says so; those of the lock are checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from huggingface_hub.hf_api import RepoSibling

from inference.hub import download
from inference.jobs.requests import DownloadJob

if TYPE_CHECKING:
    import pytest

JOB = DownloadJob(
    hub_url="http://127.0.0.1:9",
    model="a/b",
    revision="main",
    hub_cache="hub",
    pickle_weights=False,
    own_graph=False,
    converted_types=[],
    memory_mb=1769,
    memory_option="sentiment.memory",
    sha256={"locked.json": "0" * 64},
)


def listed(name: str, blob_id: str | None) -> RepoSibling:
    return RepoSibling(rfilename=name, size=1, blob_id=blob_id)


def test_files_without_a_hash_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    files = [listed("config.json", None), listed("vocab.txt", None), listed("fine.json", "1" * 40)]
    download._tell_unchecked(JOB, files)
    assert capsys.readouterr().err == (
        "the Hub lists no hash for config.json and 1 more of a/b: taken unchecked\n"
    )


def test_nothing_is_told_where_each_has_one(capsys: pytest.CaptureFixture[str]) -> None:
    download._tell_unchecked(JOB, [listed("fine.json", "1" * 40), listed("locked.json", None)])
    assert capsys.readouterr().err == ""
