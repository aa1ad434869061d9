"""The cache function puts on the cache what came through the bucket: whole, once, and never backwards."""

from __future__ import annotations

import errno
import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from inference.cache.artifact import Artifact
from inference.cache.layout import CacheLayout
from inference.errors import CacheFull, InternalError
from inference.maintenance.service import Maintenance
from inference.maintenance.settings import MaintenanceSettings
from inference.relay.records import MakingProgress, file_key, load_key, progress_key
from local.cloud.rules import to_event
from tests.support.artifacts import COMMIT
from tests.support.context import FakeContext
from tests.support.relay.deliveries import BRANCH, FILES, NAME, made_delivery, put_delivery

if TYPE_CHECKING:
    from pathlib import Path

    from inference.relay.bucket import Bucket
    from tests.support.relay.written import Written

LATER = "d" * 40


class Shelved:
    """A cache function on a bucket, and what stands on its cache."""

    def __init__(self, root: Path, bucket: Bucket, name: str) -> None:
        self.layout = CacheLayout(root)
        self.bucket = bucket
        self._function = Maintenance(MaintenanceSettings(root, bucket=name))
        self._name = name

    def __call__(self, key: str) -> Any:
        return self._function(to_event(self._name, key), FakeContext())

    @property
    def folder(self) -> Path:
        return self.layout.artifacts(BRANCH.id) / COMMIT / made_delivery().manifest.folder_name

    @property
    def commit(self) -> str:
        return str(json.loads(self.layout.revision(BRANCH.id, "main").read_text())["commit"])

    def progress(self) -> MakingProgress:
        stored = self.bucket.read(progress_key(NAME))
        assert stored
        return MakingProgress.read(stored.body)


@pytest.fixture
def shelf(tmp_path: Path, bucket: Bucket, server: Written) -> Shelved:
    (tmp_path / "cache").mkdir()  # the mount
    return Shelved(tmp_path / "cache", bucket, server.name)


def test_a_delivery_stands_on_the_cache_as_it_was_made(shelf: Shelved, bucket: Bucket) -> None:
    key = put_delivery(bucket, made_delivery())
    assert shelf(key) == {"outcome": "delivered", "model": BRANCH.id, "commit": COMMIT}
    artifact = Artifact.open(shelf.folder)
    assert artifact.manifest == made_delivery().manifest
    assert {name: (shelf.folder / name).read_bytes() for name in FILES} == FILES
    assert (shelf.commit, shelf.progress().is_ended, shelf.progress().failure) == (COMMIT, True, None)
    assert shelf(key)["outcome"] == "there already"  # events come at least once


def test_damaged_bytes_are_told_and_not_served(shelf: Shelved, bucket: Bucket) -> None:
    key = put_delivery(bucket, made_delivery())
    bucket.write(file_key(NAME, made_delivery().making, "config.json"), b"[]")
    with pytest.raises(InternalError, match="came damaged"):
        shelf(key)
    assert not shelf.folder.exists()
    assert not list(shelf.folder.parent.glob(".*"))
    assert (shelf.progress().failure or {})["kind"] == "InternalError"
    assert shelf.progress().is_damaged


def test_a_full_cache_is_told_and_nothing_is_made_anew_for_it(
    shelf: Shelved, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = put_delivery(bucket, made_delivery())

    def no_room(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr("inference.maintenance.shelving.publish_delivered", no_room)
    with pytest.raises(CacheFull):
        shelf(key)
    assert (shelf.progress().failure or {})["kind"] == "CacheFull"
    assert not shelf.progress().is_damaged
    assert not list(shelf.folder.parent.glob(".*"))


def test_a_missing_file_is_told_and_leaves_nothing(shelf: Shelved, bucket: Bucket) -> None:
    key = put_delivery(bucket, made_delivery())
    bucket.delete([file_key(NAME, made_delivery().making, "config.json")])
    with pytest.raises(InternalError, match="came damaged"):
        shelf(key)
    assert shelf.progress().is_damaged
    assert not shelf.folder.exists()
    assert not list(shelf.folder.parent.glob(".*"))


def test_what_was_damaged_on_the_cache_is_replaced(shelf: Shelved, bucket: Bucket) -> None:
    """A function cannot set it aside: its mount is read-only. It asks, and this is the answer."""
    key = put_delivery(bucket, made_delivery())
    shelf(key)
    (shelf.folder / "config.json").write_bytes(b"[]")  # the size is right, the bytes are not
    assert shelf(key)["outcome"] == "delivered"
    assert Artifact.open(shelf.folder).damaged_file() is None


def test_files_and_manifest_that_were_rewritten_together_are_replaced(shelf: Shelved, bucket: Bucket) -> None:
    """Hashes alone would call them whole."""
    key = put_delivery(bucket, made_delivery())
    shelf(key)
    (shelf.folder / "config.json").write_bytes(b"[]")
    folder, made = shelf.folder, made_delivery().manifest
    forged = {"size_bytes": 2, "sha256": hashlib.sha256(b"[]").hexdigest()}
    replace(made, files={**made.files, "config.json": forged}).write(folder)
    assert Artifact.open(folder).damaged_file() is None
    assert shelf(key)["outcome"] == "delivered"
    assert (folder / "config.json").read_bytes() == FILES["config.json"]


@pytest.mark.parametrize(
    ("change", "why"),
    [({"name": "other--model/" + "0" * 16}, "another model's name"), ({"commit": LATER}, "another commit")],
)
def test_a_delivery_under_a_name_that_is_not_its_own_is_refused(
    shelf: Shelved, bucket: Bucket, change: dict[str, str], why: str
) -> None:
    delivery = made_delivery(replace(BRANCH, revision=COMMIT), commit=change.get("commit", COMMIT))
    key = put_delivery(bucket, delivery, change.get("name", NAME))
    answer = shelf(key)
    assert answer["outcome"] == "refused"
    assert why in answer["why"]
    assert not (shelf.layout.root / "artifacts").exists()


def test_a_late_delivery_does_not_undo_what_a_branch_is_now(shelf: Shelved, bucket: Bucket) -> None:
    shelf(put_delivery(bucket, made_delivery(commit=LATER, resolved_s=20.0)))
    assert shelf(put_delivery(bucket, made_delivery(resolved_s=10.0)))["outcome"] == "delivered"
    assert shelf.commit == LATER


def test_a_mark_of_a_load(shelf: Shelved, bucket: Bucket) -> None:
    shelf(put_delivery(bucket, made_delivery()))
    name = shelf.folder.name
    assert shelf(load_key(BRANCH.id, COMMIT, name)) == {"outcome": "marked as loaded"}
    assert shelf.layout.mark(BRANCH.id, COMMIT, name).exists()
    assert shelf(load_key(BRANCH.id, LATER, name)) == {"outcome": "no such artifact"}


def test_other_keys_are_none_of_its_business(shelf: Shelved, bucket: Bucket) -> None:
    assert shelf("artifacts/x/manifest.json") == {"outcome": "nothing for the cache"}
    assert shelf(f"artifacts/{NAME}/manifest.json") == {"outcome": "the delivery is gone"}
    bucket.write(f"artifacts/{NAME}/manifest.json", b"{}")
    assert shelf(f"artifacts/{NAME}/manifest.json")["outcome"] == "refused"
    assert not (shelf.layout.root / "artifacts").exists()


def test_it_still_answers_its_own_actions(shelf: Shelved) -> None:
    listed = shelf._function({"action": "list"}, FakeContext())
    assert listed["models"] == []
