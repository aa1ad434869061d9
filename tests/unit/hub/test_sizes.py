"""A size that a Hub lists is a number of bytes, or its file is refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from huggingface_hub.hf_api import RepoSibling

from inference.hub.file_selection import MOST_BYTES, choose_files
from inference.jobs.refused import Refused


def listing(size: Any) -> list[RepoSibling]:
    return [
        RepoSibling(rfilename="config.json", size=2),
        RepoSibling(rfilename="model.safetensors", size=size),
    ]


@pytest.mark.parametrize("size", [-1, MOST_BYTES + 1, 10**400, 1.5, float("nan"), "many", True, [1]])
def test_anything_else_is_refused_by_name(size: Any) -> None:
    with pytest.raises(Refused) as refused:
        choose_files(listing(size))
    told = "the Hub lists model.safetensors with a size that no file has"
    assert refused.value.error.message == told


@pytest.mark.parametrize("size", [None, 0, 90_000_000, MOST_BYTES])
def test_sizes_of_files_are_taken(size: Any) -> None:
    assert len(choose_files(listing(size))) == 2
