"""Releases share a cache, older ones after newer ones too: what does not fit is passed over or set aside."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from inference.cache.artifact import MANIFEST, VERSION, Manifest
from inference.cache.publish import publish, unpublished
from inference.prepare.direct import DirectProvider
from inference.prepare.spec import ArtifactSpec
from inference.task import Model
from tests.support.artifacts import CONTENT, put_artifact

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MODEL = Model("hublet/demo", "a" * 40)
SPEC = ArtifactSpec("any-tag", (), "auto", threads=1, memory_mb=4096)


@pytest.fixture
def provider(tmp_path: Path) -> DirectProvider:
    return DirectProvider(tmp_path, "http://127.0.0.1:9", {}, SPEC)


def edit(folder: Path, **changed: Any) -> None:
    manifest = folder / MANIFEST
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), **changed}))


def outside(folder: Path, name: str) -> None:
    """A manifest that names a file that is there, with its size, but not in the folder."""
    (folder.parent / "outside").write_bytes(CONTENT)
    edit(folder, files={name: {"size_bytes": len(CONTENT), "sha256": "0" * 64}})


def link(folder: Path) -> None:
    weights = folder / "model.safetensors"
    shutil.move(weights, folder.parent / "outside")
    weights.symlink_to(folder.parent / "outside")


UNFIT: dict[str, Callable[[Path], Any]] = {
    "an older version": lambda folder: edit(folder, version=VERSION - 1),
    "a later version in our folder": lambda folder: edit(folder, version=VERSION + 1),
    "no text": lambda folder: (folder / MANIFEST).write_bytes(b"\xff\xfe\x00"),
    "a list": lambda folder: (folder / MANIFEST).write_text("[1, 2]"),
    "null": lambda folder: (folder / MANIFEST).write_text("null"),
    "an empty object": lambda folder: (folder / MANIFEST).write_text("{}"),
    "files that are a list": lambda folder: edit(folder, files=["model.safetensors"]),
    "a file without a size": lambda folder: edit(folder, files={"model.safetensors": {}}),
    "another model's": lambda folder: edit(folder, model="hublet/other"),
    "another commit's": lambda folder: edit(folder, commit="b" * 40),
    "of another head than its folder": lambda folder: edit(folder, head="other-head"),
    "a missing file": lambda folder: (folder / "model.safetensors").unlink(),
    "a file above the folder": lambda folder: outside(folder, "../outside"),
    "a file by its whole path": lambda folder: outside(folder, str(folder.parent / "outside")),
    "a file by a detour": lambda folder: outside(folder, "x/../../outside"),
    "a file without a name": lambda folder: edit(folder, files={"": {"size_bytes": 4096, "sha256": ""}}),
    "a link to another place": link,
}


@pytest.mark.parametrize("what", UNFIT)
def test_what_cannot_be_served_is_set_aside_and_made_again(
    provider: DirectProvider, tmp_path: Path, what: str
) -> None:
    folder = put_artifact(tmp_path, MODEL, SPEC.pipeline_tag)
    UNFIT[what](folder)
    assert provider.store.find(MODEL) is None
    assert provider.store.state(MODEL) == "cold"
    assert folder.with_name(f"{folder.name}.damaged").exists()
    put_artifact(tmp_path, MODEL, SPEC.pipeline_tag)
    found = provider.store.find(MODEL)
    assert found is not None
    assert found.folder == folder


def test_a_later_form_beside_ours_is_neither_served_nor_touched(
    provider: DirectProvider, tmp_path: Path
) -> None:
    """After a rollback: both releases go on with their own."""
    ours = put_artifact(tmp_path, MODEL, SPEC.pipeline_tag)
    later = ours.with_name(ours.name.replace(f"-v{VERSION}", f"-v{VERSION + 1}"))
    shutil.copytree(ours, later)
    (later / MANIFEST).write_text('{"a form": "that we do not know"}')
    found = provider.store.find(MODEL)
    assert found is not None
    assert found.folder == ours
    shutil.rmtree(ours)
    assert provider.store.find(MODEL) is None
    assert (later / MANIFEST).read_text() == '{"a form": "that we do not know"}'


def test_fields_that_a_later_release_added_are_passed_over(provider: DirectProvider, tmp_path: Path) -> None:
    folder = put_artifact(tmp_path, MODEL, SPEC.pipeline_tag)
    files_of = json.loads((folder / MANIFEST).read_text())["files"]
    edit(
        folder,
        added_later={"a": [1]},
        files={name: {**file, "compressed": False} for name, file in files_of.items()},
    )
    assert provider.store.find(MODEL) is not None


def test_another_precision_is_made_beside_the_one_in_use(provider: DirectProvider, tmp_path: Path) -> None:
    old = put_artifact(tmp_path, MODEL, SPEC.pipeline_tag)
    forced = DirectProvider(tmp_path, "http://127.0.0.1:9", {}, replace(SPEC, precision="fp32"))
    assert forced.store.find(MODEL) is None
    with unpublished(old.parent) as folder:
        (folder / "model.safetensors").write_bytes(CONTENT)
        publish(folder, replace(Manifest.read(old), asked="fp32"))
    found, still = forced.store.find(MODEL), provider.store.find(MODEL)
    assert found is not None
    assert still is not None
    assert still.folder == old != found.folder


def test_another_commit_is_made_beside_the_one_in_use(provider: DirectProvider, tmp_path: Path) -> None:
    old = put_artifact(tmp_path, MODEL, SPEC.pipeline_tag)
    newer = Model(MODEL.id, "b" * 40)
    assert provider.store.find(newer) is None
    put_artifact(tmp_path, newer, SPEC.pipeline_tag)
    assert provider.store.find(newer) is not None
    assert old.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"commit": null}', '{"other": 1}'])
def test_a_note_of_a_commit_that_cannot_be_read_is_none(
    provider: DirectProvider, tmp_path: Path, text: str
) -> None:
    put_artifact(tmp_path, MODEL, SPEC.pipeline_tag)
    state = tmp_path / "state" / "hublet--demo"
    state.mkdir(parents=True)
    (state / "revision-main.json").write_text(text)
    assert provider.store.find(Model(MODEL.id)) is None


def test_where_nothing_can_be_set_aside_it_is_passed_over(
    provider: DirectProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read-only cache, or another process that set it aside a moment ago."""
    folder = put_artifact(tmp_path, MODEL, SPEC.pipeline_tag)
    edit(folder, version=0)

    def refuse(*_: Any) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("pathlib.Path.rename", refuse)
    assert provider.store.find(MODEL) is None
