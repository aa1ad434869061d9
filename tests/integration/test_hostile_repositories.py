"""Repositories made to do harm, from a Hub on this machine to the cache: real children, engines and walls.

Each is refused in words that a caller may read, or is served as what it is. None reaches a file outside of
its folder, an address, a credential or another model. ``make hostile`` takes all kinds; the tests take a few,
always the same.
"""

from __future__ import annotations

import os
import random
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inference.deadline import Deadline
from inference.engines.load import load
from inference.errors import HubletError, InternalError
from inference.prepare.direct import DirectProvider
from inference.prepare.spec import ArtifactSpec
from inference.task import Call, Model
from local.hub.server import HubServer
from tests.support.hostile import CANARY, KINDS, LURE
from tests.support.models.heads import make_model

if TYPE_CHECKING:
    from collections.abc import Iterator

MODEL = Model("stranger/model")
TAG = "text-classification"
TEXT = "Good."
NEIGHBOUR = Model("neighbour/model")
SECRET = "nobody may read this"
CREDENTIAL = "wJalrXUtnFEMI0K7MDENG0bPxRfiCYEXAMPLEKEY"
SLICE = 3
SEED = os.environ.get("HUBLET_HOSTILE") or "1"
SPEC = ArtifactSpec(TAG, (TEXT,), "fp32", threads=1, memory_mb=4096, trial={})
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


@pytest.fixture(scope="module")
def neighbour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with another model on it, ready."""
    folder = tmp_path_factory.mktemp("neighbour")
    make_model(folder / "repositories" / NEIGHBOUR.id, TAG, "bert", seed=11)
    with HubServer(folder / "repositories") as server:
        provider = DirectProvider(folder / "cache", server.url, {}, SPEC)
        provider.fetch(NEIGHBOUR, Deadline.after(200), lambda _: None)
    return folder / "cache"


@pytest.fixture
def lure(repository: Path) -> Iterator[socket.socket]:
    """Who calls here, followed an address of a repository."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def bait(repository: Path, lure: socket.socket) -> None:
    """The lure's address in every file that has room for one."""
    address = f"127.0.0.1:{lure.getsockname()[1]:05}".encode()
    for path in filter(Path.is_file, repository.rglob("*")):
        path.write_bytes(path.read_bytes().replace(LURE.encode(), address))


@pytest.fixture
def hub(repository: Path) -> Iterator[HubServer]:
    with HubServer(repository.parents[1]) as server:
        yield server


@pytest.mark.parametrize("kind", CHOSEN)
def test_it_is_refused_in_words_or_served_as_it_is(
    kind: str,
    repository: Path,
    neighbour: Path,
    hub: HubServer,
    lure: socket.socket,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    KINDS[kind](repository)
    bait(repository, lure)
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "HF_TOKEN"):
        monkeypatch.setenv(name, CREDENTIAL)
    capsys.readouterr()  # what the exporter of a graph says is ours
    cache, scratch = tmp_path / "cache", tmp_path / "scratch"
    shutil.copytree(neighbour, cache, symlinks=True)
    scratch.mkdir()
    before = contents(cache)
    provider = DirectProvider(cache, hub.url, {"TMPDIR": str(scratch)}, SPEC)
    try:
        artifact = provider.fetch(MODEL, Deadline.after(100), lambda _: None)
    except HubletError as error:
        assert_words(error, tmp_path)
    else:
        (answer,) = load(artifact, TAG, 1).run(Call([TEXT], {}, is_list=False)).results
        assert 0.99 < sum(label["score"] for label in answer) < 1.01
    assert_unharmed(tmp_path, capsys.readouterr().err)
    assert before.items() <= contents(cache).items(), "another model's files"
    with pytest.raises(BlockingIOError):
        lure.accept()


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "locks" not in path.parts
    }


def assert_words(error: HubletError, tmp_path: Path) -> None:
    """No fault of ours, no traceback and no path; a sentence of one line that names the matter."""
    assert not isinstance(error, InternalError) or "memory" in error.message, error.message
    assert 20 < len(error.message) < 600
    assert error.message.isprintable(), error.message
    for inside in (str(tmp_path), "Traceback", "site-packages", ".py", SECRET, CREDENTIAL):
        assert inside not in error.message


def assert_unharmed(tmp_path: Path, printed: str) -> None:
    assert (tmp_path / CANARY).read_text() == SECRET
    held = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    for secret in (SECRET, CREDENTIAL):
        assert not [path for path in held if secret.encode() in path.read_bytes()]
        assert secret not in printed
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"cache", CANARY, "repositories", "scratch"}
    assert list((tmp_path / "scratch").iterdir()) == []
    for line in printed.splitlines():
        assert line.startswith(("convert: ", "hub.download: ")), line


def test_there_are_thirty_kinds_and_more() -> None:
    assert len(KINDS) > 30
