"""``HUB=auto`` against a Hub on this machine, and against an address where none is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.task import Model
from local.demo.catalog import DEMO_REPOSITORIES, EMBEDDED
from local.hub.server import HubServer
from local.hub_choice import choose, is_there, sizes

if TYPE_CHECKING:
    import pytest


def test_the_size_is_that_of_the_files_that_would_be_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def refuse(question: str) -> str:
        asked.append(question)
        return ""

    with HubServer(DEMO_REPOSITORIES) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        assert choose("auto", [Model("hublet/demo-sentiment")], refuse) == EMBEDDED
        (size, unknown) = sizes(hub.url, [Model("hublet/demo-sentiment"), Model("hublet/none")])
    weights = (DEMO_REPOSITORIES / "hublet/demo-sentiment/model.safetensors").stat().st_size
    assert size is not None
    assert weights < size < weights + 500_000
    assert unknown is None
    assert "3 MB for 1 model" in asked[0]


def test_nobody_listens() -> None:
    assert not is_there("http://127.0.0.1:9")
