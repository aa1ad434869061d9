"""A few of the things that ``make clients`` asks real clients for, drawn by a seed; streams always."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from tests.clients.asking import ask, is_installed
from tests.clients.catalog import ABILITIES, CLIENTS, EXCEPTED, ROW, Client

if TYPE_CHECKING:
    from tests.support.served import Served

SEED = int(os.environ.get("HUBLET_CLIENTS_SEED", "19"))
DRAWN = 3
"""Of each environment."""
LONG = {
    "index",
    "images",
    "transcription",
    "row_3",
    "row_6",
    "row_13",
    "row_17",
    "row_18",
    "row_24",
    "row_29",
}
"""What takes long for what it shows here, or another template."""
STREAMING = ("openai", "huggingface_inference", "langchain_openai")


def drawn() -> list[tuple[Client, str]]:
    """Some of the project's own environment, some of the clients' and some of Node.js."""
    places: dict[tuple[str, bool], list[tuple[Client, str]]] = {}
    for client in CLIENTS:
        names = [name for name in client.names() if name not in LONG]
        place = (client.language, client.is_ours)
        places.setdefault(place, []).extend((client, name) for name in names)
    draw = random.Random(SEED)
    return [pair for place in sorted(places) for pair in draw.sample(places[place], DRAWN)]


def _asked(served: Served, client: Client, name: str) -> None:
    if not is_installed(client):
        pytest.skip("make clients installs this client")
    (outcome,) = ask(client, served.url, [name])
    assert outcome.is_right, f"{outcome.error}\n{outcome.log}"


@pytest.mark.parametrize(("client", "name"), drawn(), ids=lambda part: getattr(part, "title", part))
def test_a_client_and_something_that_it_can_do(served: Served, client: Client, name: str) -> None:
    _asked(served, client, name)


@pytest.mark.parametrize(
    "client",
    [each for each in CLIENTS if each.module in STREAMING and not each.is_ours],
    ids=lambda client: client.title,
)
def test_a_stream_comes_in_pieces_to_clients_of_node_and_langchain(served: Served, client: Client) -> None:
    _asked(served, client, "stream")


def test_the_catalog_names_what_is_there() -> None:
    """Every client has its file, every function a column or a row, and every exception its function."""
    asked = {(client.package, name) for client in CLIENTS for name in client.names()}
    assert len(CLIENTS) >= 22
    assert all(name in ABILITIES or ROW.fullmatch(name) for _, name in asked)
    assert asked.issuperset(EXCEPTED)
    rows = {int(found[1]) for _, name in asked if (found := ROW.fullmatch(name))}
    assert len(rows) > 20
