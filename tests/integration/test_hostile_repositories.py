"""Repositories made to do harm, from a Hub on this machine to the cache: real children, engines and walls.

Each is refused in words that a caller may read, or is served as what it is. ``make hostile`` takes all kinds;
the tests take a few, always the same.
"""

from __future__ import annotations

import os
import random
import shutil
from typing import TYPE_CHECKING

import pytest

from inference.deadline import Deadline
from inference.engines.load import load
from inference.errors import HubletError, InternalError
from inference.prepare.direct import DirectProvider
from inference.prepare.spec import ArtifactSpec
from inference.task import Call, Model
from local.hub.server import HubServer
from tests.support.hostile import CANARY, KINDS
from tests.support.models.heads import make_model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODEL = Model("stranger/model")
TAG = "text-classification"
TEXT = "Good."
SECRET = "nobody may read this"
SLICE = 3
SEED = os.environ.get("HUBLET_HOSTILE") or "1"
CHOSEN = sorted(KINDS) if SEED == "all" else sorted(random.Random(SEED).sample(sorted(KINDS), SLICE))

pytestmark = pytest.mark.filterwarnings("default")  # torch's exporter warns


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("good"), TAG, "bert")


@pytest.fixture
def repository(model: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "repositories" / MODEL.id
    shutil.copytree(model, folder)
    (tmp_path / CANARY).write_text(SECRET)
    return folder


@pytest.fixture
def hub(repository: Path) -> Iterator[HubServer]:
    with HubServer(repository.parents[1]) as server:
        yield server


@pytest.mark.parametrize("kind", CHOSEN)
def test_it_is_refused_in_words_or_served_as_it_is(
    kind: str, repository: Path, hub: HubServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    KINDS[kind](repository)
    capsys.readouterr()  # what the exporter of a graph says is ours
    cache = tmp_path / "cache"
    spec = ArtifactSpec(TAG, (TEXT,), "fp32", threads=1, memory_mb=4096, trial={})
    try:
        artifact = DirectProvider(cache, hub.url, {}, spec).fetch(MODEL, Deadline.after(100), lambda _: None)
    except HubletError as error:
        assert_words(error, tmp_path)
    else:
        (answer,) = load(artifact, TAG, 1).run(Call([TEXT], {}, is_list=False)).results
        assert 0.99 < sum(label["score"] for label in answer) < 1.01
    assert_unharmed(tmp_path, capsys.readouterr().err)


def assert_words(error: HubletError, tmp_path: Path) -> None:
    """No fault of ours, no traceback and no path; a sentence of one line that names the matter."""
    assert not isinstance(error, InternalError) or "memory" in error.message, error.message
    assert 20 < len(error.message) < 600
    assert error.message.isprintable(), error.message
    for inside in (str(tmp_path), "Traceback", "site-packages", ".py", SECRET):
        assert inside not in error.message


def assert_unharmed(tmp_path: Path, printed: str) -> None:
    assert (tmp_path / CANARY).read_text() == SECRET
    held = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert not [path for path in held if SECRET.encode() in path.read_bytes()]
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"cache", CANARY, "repositories"}
    assert SECRET not in printed
    for line in printed.splitlines():
        assert line.startswith(("convert: ", "hub.download: ")), line


def test_there_are_thirty_kinds_and_more() -> None:
    assert len(KINDS) > 30
