"""The cache function on real folders: what it lists, verifies, removes and prunes, and what it leaves."""

from __future__ import annotations

import io
import json
import logging
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from inference.cache.artifact import ARCH, MANIFEST, VERSION
from inference.cache.layout import CacheLayout
from inference.cache.lease import Lease
from inference.errors import BadRequest, InternalError, InvalidField, ModelInUse
from inference.maintenance.service import Maintenance
from inference.maintenance.settings import MaintenanceSettings
from inference.settings import SettingsError
from inference.task import Model
from inference.tasks import get_task
from tests.support.artifacts import COMMIT, CONTENT, HEAD, MODEL, SENTIMENT, put_artifact, put_download
from tests.support.context import FakeContext

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OTHER = Model("acme/other", "b" * 40)
DAY_S = 86_400
LONG_AGO_S = 100 * DAY_S


class Cache:
    """One cache folder and the function that looks after it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.layout = CacheLayout(root)
        self.asked: list[tuple[str, bytes]] = []
        self.settings = MaintenanceSettings(root, (SENTIMENT, get_task("spam")), "hublet-")
        self._deliveries = 0

    def __call__(
        self, action: str, *, timeout_s: float = 900, request_id: str | None = None, **more: Any
    ) -> Any:
        self._deliveries += 1
        context = FakeContext(timeout_s, request_id or f"request-{self._deliveries}")
        return Maintenance(self.settings, self._ask)({"action": action, **more}, context)

    def _ask(self, name: str, payload: bytes) -> None:
        if name == "hublet-spam":
            raise TimeoutError
        self.asked.append((name, payload))

    def load(self, folder: Path, ago_s: float = 0) -> None:
        """As serving marks it."""
        mark = self.layout.mark(folder.parent.parent.name.replace("--", "/"), folder.parent.name, folder.name)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
        age(mark, ago_s)

    def names(self) -> set[str]:
        return {each["artifact"] for _, each in self.artifacts()}

    def artifacts(self) -> list[tuple[str, dict[str, Any]]]:
        return [
            (model["model"], artifact)
            for model in self("list")["models"]
            for commit in model["commits"]
            for artifact in commit["artifacts"]
        ]


def age(path: Path, ago_s: float) -> None:
    then_s = time.time() - ago_s
    for each in (*path.rglob("*"), path):
        os.utime(each, (then_s, then_s), follow_symlinks=False)


def old_artifact(cache: Cache, model: Model, head: str = HEAD, ago_s: float = LONG_AGO_S) -> Path:
    """Made and loaded long ago."""
    folder = put_artifact(cache.root, model, head)
    cache.load(folder, ago_s)
    return folder


@contextmanager
def being_prepared(cache: Cache, model: Model) -> Iterator[None]:
    """Somebody has the model's turn."""
    folder = cache.layout.state(model.id)
    folder.mkdir(parents=True, exist_ok=True)
    lease = Lease(folder)
    held = lease.try_take(lease.latest())
    assert held
    yield
    held.end()


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path)


class TestList:
    def test_an_empty_cache(self, cache: Cache) -> None:
        answer = cache("list")
        assert (answer["models"], answer["size_bytes"]) == ([], 0)
        assert answer["free_bytes"] > 0

    def test_what_is_there_of_a_model(self, cache: Cache) -> None:
        folder = put_artifact(cache.root, MODEL, HEAD)
        put_download(cache.root, MODEL, {"a.json": b"{}", "b.safetensors": b"weights of a model"})
        (cache.layout.download(MODEL.id) / "blobs" / f"{'d' * 64}.abc.incomplete").write_bytes(b"half")
        cache.load(folder, ago_s=60)
        answer = cache("list")
        (model,) = answer["models"]
        assert (model["model"], model["used_by"], model["preparing"]) == (MODEL.id, ["sentiment"], False)
        (commit,) = model["commits"]
        assert commit["downloads"] == [{"size_bytes": 20, "complete": True}]
        (artifact,) = commit["artifacts"]
        assert (artifact["artifact"], artifact["state"]) == (folder.name, "complete")
        assert (artifact["form"], artifact["precision"]) == (f"transformers {HEAD}", "fp32")
        assert artifact["made"] == "2026-01-01T00:00:00+00:00"
        assert artifact["loaded"] is not None
        assert artifact["size_bytes"] == len(CONTENT) + (folder / MANIFEST).stat().st_size
        assert [each["kind"] for each in model["leftovers"]] == ["unfinished download"]
        assert answer["size_bytes"] == model["size_bytes"] == 20 + 4 + 40 + artifact["size_bytes"]

    def test_a_file_with_two_names_counts_once(self, cache: Cache) -> None:
        folder = put_artifact(cache.root, OTHER, HEAD)
        before = cache("list")["size_bytes"]
        put_download(cache.root, OTHER, {})
        refs = 40
        os.link(folder / "model.safetensors", cache.layout.download(OTHER.id) / "blobs" / ("e" * 64))
        assert cache("list")["size_bytes"] == before + refs

    def test_one_model_alone_and_none_of_a_strangers_names(self, cache: Cache) -> None:
        put_artifact(cache.root, MODEL, HEAD)
        put_artifact(cache.root, OTHER, HEAD)
        (cache.root / "artifacts" / "..strange").mkdir()
        (cache.root / "artifacts" / "link").symlink_to(cache.layout.artifacts(OTHER.id))
        assert [each["model"] for each in cache("list")["models"]] == sorted([OTHER.id, MODEL.id])
        assert [each["model"] for each in cache("list", model=OTHER.id)["models"]] == [OTHER.id]

    @pytest.mark.parametrize("damage", ["truncated", "no manifest", "other version"])
    def test_states(self, cache: Cache, damage: str) -> None:
        folder = put_artifact(cache.root, MODEL, HEAD)
        match damage:
            case "truncated":
                (folder / "model.safetensors").write_bytes(b"w")
            case "no manifest":
                (folder / MANIFEST).unlink()
            case "other version":
                folder.rename(folder.with_name(folder.name.replace(f"-v{VERSION}", f"-v{VERSION + 1}")))
        ((_, artifact),) = cache.artifacts()
        assert artifact["state"] == ("other version" if damage == "other version" else "damaged")

    def test_a_model_that_is_being_prepared(self, cache: Cache) -> None:
        cache.layout.state(MODEL.id).mkdir(parents=True)
        with being_prepared(cache, MODEL):
            (model,) = cache("list")["models"]
        assert model["preparing"] is True
        assert cache("list")["models"] == []


class TestVerify:
    def test_a_whole_cache(self, cache: Cache) -> None:
        put_artifact(cache.root, MODEL, HEAD)
        put_download(cache.root, OTHER, {"a": b"1", "b": b"2"})
        answer = cache("verify")
        assert (answer["checked"], answer["damaged"], answer["skipped"]) == (3, [], [])
        assert "next" not in answer

    def test_a_flipped_byte_is_found_and_repaired_when_asked(self, cache: Cache) -> None:
        folder = put_artifact(cache.root, MODEL, HEAD)
        (folder / "model.safetensors").write_bytes(CONTENT.replace(b"w", b"W"))
        (found,) = cache("verify", model=MODEL.id)["damaged"]
        assert found == {
            "model": MODEL.id,
            "commit": MODEL.revision if MODEL.is_pinned else COMMIT,
            "artifact": folder.name,
            "problem": "model.safetensors is not what its hash says",
            "repaired": False,
        }
        assert folder.exists()
        (found,) = cache("verify", model=MODEL.id, repair=True)["damaged"]
        assert found["repaired"] is True
        assert not folder.exists()
        assert cache("verify")["damaged"] == []

    def test_a_wrong_blob_goes_with_its_links(self, cache: Cache) -> None:
        snapshot = put_download(cache.root, OTHER, {"good": b"good", "bad": b"bad"})
        (snapshot / "bad").resolve().write_bytes(b"BAD")
        (found,) = cache("verify", repair=True)["damaged"]
        assert (found["problem"], found["repaired"]) == ("it is not what the Hub listed", True)
        assert [path.name for path in snapshot.iterdir()] == ["good"]
        assert cache("verify")["checked"] == 1

    def test_a_small_file_is_named_by_its_git_blob_id(self, cache: Cache) -> None:
        put_download(cache.root, OTHER, {})
        blob = cache.layout.download(OTHER.id) / "blobs" / "ce013625030ba8dba906f756967f9e9ca394464a"
        blob.write_bytes(b"hello\n")
        assert cache("verify")["damaged"] == []

    def test_what_is_of_another_release_is_not_judged(self, cache: Cache) -> None:
        folder = put_artifact(cache.root, MODEL, HEAD)
        later = folder.rename(folder.with_name(folder.name.replace(f"-v{VERSION}", f"-v{VERSION + 1}")))
        (later / MANIFEST).write_text("a form that is not known here")
        answer = cache("verify", repair=True)
        assert (answer["checked"], answer["damaged"]) == (0, [])
        assert answer["skipped"][0]["artifact"] == later.name
        assert later.exists()

    def test_what_is_being_prepared_is_not_repaired(self, cache: Cache) -> None:
        folder = put_artifact(cache.root, MODEL, HEAD)
        (folder / "model.safetensors").unlink()
        cache.load(folder)
        with being_prepared(cache, MODEL):
            (found,) = cache("verify", repair=True)["damaged"]
        assert found["repaired"] is False
        assert folder.exists()

    def test_it_stops_at_its_deadline_and_goes_on_from_there(
        self, cache: Cache, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(4):
            put_artifact(cache.root, Model(f"acme/model-{number}", "b" * 40), HEAD)
        from inference.cache import artifact, hashes
        from inference.maintenance import verification

        real, read = hashes.hashes, []

        def slow(path: Path, each_chunk: Any) -> tuple[str, str]:
            read.append(path)
            if len(read) == 3:
                raise verification.TimeOver
            return real(path, each_chunk)

        monkeypatch.setattr(artifact, "hashes", slow)
        first = cache("verify")
        assert first["checked"] == 2
        second = cache("verify", next=first["next"])
        assert second["checked"] == 2
        assert "next" not in second

    def test_a_file_that_one_call_has_no_time_for_does_not_hold_it_up_for_ever(self, cache: Cache) -> None:
        put_artifact(cache.root, MODEL, HEAD)
        put_artifact(cache.root, OTHER, HEAD)
        answer = cache("verify", timeout_s=1)
        assert answer["checked"] == 0
        assert len(answer["skipped"]) == 1
        assert cache("verify", timeout_s=1, next=answer["next"])["skipped"] != answer["skipped"]


class TestRemove:
    def test_a_model_goes_with_all_that_belongs_to_it(self, cache: Cache) -> None:
        folder = old_artifact(cache, OTHER)
        put_download(cache.root, OTHER, {"a": b"12345"})
        kept = old_artifact(cache, MODEL)
        note = cache.layout.revision(OTHER.id, "main")
        note.write_text("{}")
        size_bytes = cache("list", model=OTHER.id)["models"][0]["size_bytes"]
        answer = cache("remove", model=OTHER.id)
        assert [each.get("artifact") for each in answer["removed"]] == [folder.name, None]
        assert answer["freed_bytes"] == size_bytes + len("{}")
        assert not cache.layout.artifacts(OTHER.id).exists()
        assert not cache.layout.download(OTHER.id).exists()
        assert [path.name for path in cache.layout.state(OTHER.id).iterdir()] == ["lease-1.json"]
        assert kept.exists()
        assert list(cache.layout.trash.iterdir()) == []

    def test_twice_is_no_mistake(self, cache: Cache) -> None:
        old_artifact(cache, OTHER)
        cache("remove", model=OTHER.id)
        assert cache("remove", model=OTHER.id) == {"removed": [], "freed_bytes": 0}
        assert cache("remove", model="nobody/knows") == {"removed": [], "freed_bytes": 0}

    def test_one_commit_alone(self, cache: Cache) -> None:
        old, new = Model(OTHER.id, "1" * 40), Model(OTHER.id, "2" * 40)
        gone, kept = old_artifact(cache, old), old_artifact(cache, new)
        snapshot = put_download(cache.root, old, {"shared": b"both", "own": b"old"})
        other = put_download(cache.root, new, {"shared": b"both"})
        answer = cache("remove", model=OTHER.id, commit=old.revision)
        assert len(answer["removed"]) == 2
        assert (gone.exists(), kept.exists(), snapshot.exists()) == (False, True, False)
        assert (other / "shared").read_bytes() == b"both"
        assert len(list((cache.layout.download(OTHER.id) / "blobs").iterdir())) == 1

    def test_one_artifact_leaves_the_download(self, cache: Cache) -> None:
        folder = old_artifact(cache, OTHER)
        snapshot = put_download(cache.root, OTHER, {"a": b"1"})
        answer = cache("remove", model=OTHER.id, artifact=folder.name)
        assert [each["artifact"] for each in answer["removed"]] == [folder.name]
        assert snapshot.exists()

    def test_bytes_that_a_download_still_has_are_not_won(self, cache: Cache) -> None:
        folder = old_artifact(cache, OTHER)
        put_download(cache.root, OTHER, {})
        os.link(folder / "model.safetensors", cache.layout.download(OTHER.id) / "blobs" / ("e" * 64))
        answer = cache("remove", model=OTHER.id, artifact=folder.name)
        assert answer["removed"][0]["size_bytes"] - answer["freed_bytes"] == len(CONTENT)

    def test_what_was_loaded_lately_stays_unless_forced(self, cache: Cache) -> None:
        folder = put_artifact(cache.root, OTHER, HEAD)
        cache.load(folder)
        with pytest.raises(ModelInUse, match="loaded or made less than 12 hours ago"):
            cache("remove", model=OTHER.id)
        assert folder.exists()
        assert cache("remove", model=OTHER.id, force=True)["removed"]
        assert not folder.exists()

    def test_what_is_being_prepared_stays_unless_forced(self, cache: Cache) -> None:
        folder = old_artifact(cache, OTHER)
        with being_prepared(cache, OTHER):
            with pytest.raises(ModelInUse, match="is being prepared"):
                cache("remove", model=OTHER.id)
            assert folder.exists()
            cache("remove", model=OTHER.id, force=True)
        assert not folder.exists()

    def test_a_reader_never_sees_half_of_it(self, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whatever is deleted file by file lies in the trash by then."""
        import shutil

        old_artifact(cache, OTHER)
        real, deleted = shutil.rmtree, []

        def rmtree(path: Path, **more: Any) -> None:
            deleted.append(path)
            real(path, **more)

        monkeypatch.setattr(shutil, "rmtree", rmtree)
        cache("remove", model=OTHER.id)
        assert deleted
        assert {path.parent for path in deleted} == {cache.layout.trash}


class TestPrune:
    def test_what_nobody_loaded_for_long_goes(self, cache: Cache) -> None:
        gone, kept = old_artifact(cache, OTHER), old_artifact(cache, Model("acme/new", "b" * 40), ago_s=DAY_S)
        snapshot = put_download(cache.root, OTHER, {"a": b"1"})
        age(cache.layout.download(OTHER.id), LONG_AGO_S)
        told = cache("prune", dry_run=True)
        assert gone.exists()
        answer = cache("prune")
        assert (gone.exists(), snapshot.exists(), kept.exists()) == (False, False, True)
        assert [each["why"] for each in answer["removed"]] == [
            "not loaded for 100 days",
            "nothing was made of it for 100 days",
        ]
        assert told == {**answer, "dry_run": True}
        assert cache("prune")["removed"] == []

    def test_the_limit_can_be_chosen(self, cache: Cache) -> None:
        folder = old_artifact(cache, OTHER, ago_s=50 * DAY_S)
        assert cache("prune", unused_days=60)["removed"] == []
        assert cache("prune", unused_days=40)["removed"][0]["artifact"] == folder.name

    def test_of_a_function_s_own_model_one_stays_however_old(self, cache: Cache) -> None:
        folder = old_artifact(cache, MODEL)
        older = put_artifact(cache.root / "elsewhere", MODEL, HEAD)
        older = older.rename(folder.with_name(folder.name.replace("fp32", "int8")))
        cache.load(older, LONG_AGO_S + DAY_S)
        assert [each["artifact"] for each in cache("prune")["removed"]] == [older.name]
        assert cache.names() == {folder.name}

    def test_commits_that_no_function_uses_go(self, cache: Cache) -> None:
        current = old_artifact(cache, MODEL, ago_s=DAY_S)
        old = Model(MODEL.id, "9" * 40)
        gone = old_artifact(cache, old, ago_s=DAY_S)
        snapshot = put_download(cache.root, old, {"a": b"1"})
        fresh = put_download(cache.root, MODEL, {"b": b"2"})
        age(snapshot, DAY_S)
        assert {each["why"] for each in cache("prune")["removed"]} == {"no function uses this commit"}
        assert (gone.exists(), snapshot.exists(), current.exists(), fresh.exists()) == (
            False,
            False,
            True,
            True,
        )

    def test_nothing_is_an_old_commit_while_a_branch_is_not_resolved(self, cache: Cache) -> None:
        branch = MODEL.__class__(OTHER.id)
        cache.settings = MaintenanceSettings(cache.root, (SENTIMENT.with_model(OTHER.id, None),))
        assert cache.settings.known_revisions(OTHER.id)[0] == branch
        old_artifact(cache, OTHER, ago_s=DAY_S)
        assert cache("prune")["removed"] == []
        cache.layout.revision(OTHER.id, "main").write_text(json.dumps({"commit": "8" * 40}))
        assert [each["commit"] for each in cache("prune")["removed"]] == [OTHER.revision]

    def test_older_forms_go_and_later_ones_stay(self, cache: Cache) -> None:
        folder = old_artifact(cache, MODEL, ago_s=DAY_S)
        for version in (VERSION - 1, VERSION + 1):
            other = put_artifact(cache.root / str(version), MODEL, HEAD)
            age(other.rename(folder.with_name(folder.name.replace(f"-v{VERSION}", f"-v{version}"))), DAY_S)
        (line,) = cache("prune")["removed"]
        assert line["artifact"].endswith(f"{ARCH}-v{VERSION - 1}")
        assert line["why"] == f"functions use version {VERSION} of this form"

    def test_what_was_loaded_lately_stays_whatever_it_is(self, cache: Cache) -> None:
        folder = put_artifact(cache.root, Model(MODEL.id, "9" * 40), HEAD)
        cache.load(folder, ago_s=11 * 3600)
        assert cache("prune")["removed"] == []
        cache.load(folder, ago_s=13 * 3600)
        assert cache("prune")["removed"]

    def test_a_model_that_is_being_prepared_is_left_alone(self, cache: Cache) -> None:
        folder = old_artifact(cache, OTHER)
        with being_prepared(cache, OTHER):
            for dry_run in (True, False):
                answer = cache("prune", dry_run=dry_run)
                assert answer["removed"] == []
                assert answer["skipped"] == [{"model": OTHER.id, "why": "it is being prepared"}]
        assert folder.exists()

    @pytest.mark.parametrize("ago_s", [1799, 1801])
    def test_what_was_left_goes_after_twice_the_longest_timeout(self, cache: Cache, ago_s: int) -> None:
        folder = old_artifact(cache, MODEL, ago_s=DAY_S)
        put_download(cache.root, MODEL, {"a": b"1"})
        left = [
            cache.layout.download(MODEL.id) / "blobs" / "abc.0123.incomplete",
            folder.with_name(".0123.tmp"),
            folder.with_name(f"{folder.name}.damaged"),
            cache.layout.state(MODEL.id) / ".progress.json.0123",
        ]
        for path in left:
            path.mkdir() if path.suffix in (".tmp", ".damaged") else path.write_bytes(b"half")
            age(path, ago_s)
        removed = cache("prune")["removed"]
        assert len(removed) == (4 if ago_s > 1800 else 0)
        assert [path.exists() for path in left] == [ago_s < 1800] * 4
        assert cache.names() == {folder.name}

    def test_it_deletes_what_an_earlier_removal_had_no_time_for(self, cache: Cache) -> None:
        old_artifact(cache, OTHER)
        assert cache("remove", model=OTHER.id, timeout_s=0)["removed"]
        assert list(cache.layout.trash.iterdir())
        assert cache("prune")["freed_bytes"] > 0
        assert list(cache.layout.trash.iterdir()) == []


class TestPrefetch:
    def test_each_function_is_asked_and_one_that_cannot_be_is_named(self, cache: Cache) -> None:
        answer = cache("prefetch")
        assert cache.asked == [("hublet-sentiment", b'{"action": "prepare"}')]
        assert answer["asked"] == ["hublet-sentiment"]
        assert answer["failed"] == [
            {
                "function": "hublet-spam",
                "why": "Lambda cannot be reached from here; with egress=none no way leads to it",
            }
        ]

    def test_lambda_s_own_word_is_passed_on(self, cache: Cache) -> None:
        from botocore.exceptions import ClientError

        def refuse(name: str, payload: bytes) -> None:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": name}}, "Invoke")

        answer = Maintenance(cache.settings, refuse)({"action": "prefetch"}, FakeContext())
        assert {each["why"] for each in answer["failed"]} == {"AccessDeniedException"}

    def test_one_alone(self, cache: Cache) -> None:
        assert cache("prefetch", task="sentiment")["failed"] == []


class TestDeliveries:
    def test_the_same_delivery_acts_once(self, cache: Cache) -> None:
        old_artifact(cache, OTHER)
        first = cache("remove", model=OTHER.id, request_id="same")
        again = old_artifact(cache, OTHER)
        assert cache("remove", model=OTHER.id, request_id="same") == {**first, "repeated": True}
        assert again.exists()
        assert cache("remove", model=OTHER.id, request_id="another")["removed"]

    @pytest.mark.parametrize(
        ("action", "more"),
        [("prune", {}), ("prefetch", {}), ("verify", {"repair": True})],
    )
    def test_so_do_the_others(self, cache: Cache, action: str, more: dict[str, Any]) -> None:
        assert "repeated" not in cache(action, request_id="same", **more)
        assert cache(action, request_id="same", **more)["repeated"] is True
        assert len(cache.asked) <= 1

    def test_one_that_was_refused_may_come_again(self, cache: Cache) -> None:
        folder = put_artifact(cache.root, OTHER, HEAD)
        cache.load(folder)
        with pytest.raises(ModelInUse):
            cache("remove", model=OTHER.id, request_id="same")
        cache.load(folder, LONG_AGO_S)
        assert cache("remove", model=OTHER.id, request_id="same")["removed"]

    def test_one_that_was_cut_off_does_not_act_again(
        self, cache: Cache, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from inference.maintenance import deliveries

        folder = old_artifact(cache, OTHER)
        with monkeypatch.context() as patched:
            patched.setattr(deliveries, "write_atomically", lambda *_: None)
            cache("prune", request_id="same")
        old_artifact(cache, OTHER)
        assert "has not finished" in cache("prune", request_id="same")["problem"]
        assert folder.exists()

    def test_notes_go_when_no_delivery_can_come_any_more(self, cache: Cache) -> None:
        cache("prune", request_id="old")
        (note,) = cache.layout.deliveries.iterdir()
        age(note, 2 * DAY_S)
        cache("prune", request_id="new")
        assert not note.exists()


class TestEvents:
    @pytest.mark.parametrize(
        ("event", "field", "text"),
        [
            ({}, "action", "must be one of list, verify, remove, prefetch, prune"),
            ({"action": "burn"}, "action", "must be one of"),
            ({"action": "list", "commit": "a" * 40}, "commit", "is unknown to list; known: action, model"),
            ({"action": "remove"}, "model", "is required"),
            ({"action": "remove", "model": "../../etc"}, "model", "must match"),
            ({"action": "remove", "model": "a/b/c"}, "model", "must match"),
            ({"action": "remove", "model": "/etc/passwd"}, "model", "must match"),
            ({"action": "remove", "model": "a\n"}, "model", "must match"),
            ({"action": "remove", "model": ["a"]}, "model", "must be a string"),
            ({"action": "remove", "model": "a" * 97}, "model", "the limit is 96"),
            ({"action": "remove", "model": "a/b", "commit": "main"}, "commit", "must match"),
            ({"action": "remove", "model": "a/b", "artifact": "../x"}, "artifact", "must match"),
            ({"action": "remove", "model": "a/b", "force": "yes"}, "force", "must be true or false"),
            ({"action": "prune", "unused_days": 0}, "unused_days", "must be between 1 and 3,650"),
            ({"action": "prune", "dry_run": 1}, "dry_run", "must be true or false"),
            ({"action": "prefetch", "task": "nonsense"}, "task", "must be one of sentiment, spam"),
            ({"action": "verify", "next": ""}, "next", "must not be empty"),
        ],
    )
    def test_a_mistake_is_named(self, cache: Cache, event: dict[str, Any], field: str, text: str) -> None:
        with pytest.raises(InvalidField) as raised:
            Maintenance(cache.settings)(event, FakeContext())
        assert raised.value.message.startswith(f"{field}: ")
        assert text in raised.value.message

    def test_an_event_is_an_object(self, cache: Cache) -> None:
        with pytest.raises(BadRequest):
            Maintenance(cache.settings)(["list"], FakeContext())

    @pytest.mark.parametrize("model", ["..", "acme/..", "a/..b", "hub", "acme/other/"])
    def test_no_name_leads_out_of_the_cache(self, cache: Cache, model: str) -> None:
        outside = cache.root.parent / "outside"
        outside.mkdir(exist_ok=True)
        folder = old_artifact(cache, OTHER)
        for action in ("list", "verify", "remove"):
            try:
                cache(action, model=model)
            except InvalidField:
                continue
        assert outside.exists()
        assert folder.exists()

    def test_a_cache_that_cannot_be_written_is_said_without_its_path(self, cache: Cache) -> None:
        cache.layout.deliveries.write_text("a file where a folder should be")
        with pytest.raises(InternalError, match="cannot be read or written") as raised:
            cache("prune")
        assert str(cache.root) not in str(raised.value)

    def test_the_log_has_one_line_an_event(self, cache: Cache) -> None:
        put_artifact(cache.root, OTHER, HEAD)
        maintenance = Maintenance(cache.settings)
        stream, logger = io.StringIO(), logging.getLogger("cache")
        handler = logging.StreamHandler(stream)
        handler.setFormatter(logger.handlers[0].formatter)
        logger.addHandler(handler)
        logger.setLevel("INFO")  # make cache turns it off
        maintenance({"action": "list", "model": OTHER.id}, FakeContext())
        with pytest.raises(InvalidField):
            maintenance({"action": "list", "model": "../secret"}, FakeContext())
        logger.removeHandler(handler)
        line, refused = map(json.loads, stream.getvalue().splitlines())
        assert (refused["message"], refused["error"]) == ("refused", "InvalidField")
        assert "secret" not in stream.getvalue()
        assert (line["message"], line["action"], line["model"]) == ("done", "list", OTHER.id)
        assert line["models"] == 1
        assert line["request_id"] == "request-1"


class TestSettings:
    def test_they_come_from_the_environment(self, tmp_path: Path) -> None:
        settings = MaintenanceSettings.from_env(
            {
                "MODEL_CACHE": str(tmp_path),
                "TASKS": "sentiment,spam",
                "MODELS": '{"spam": {"model": "acme/spam", "revision": null}}',
                "FUNCTION_PREFIX": "mine-",
            }
        )
        assert [task.model.id for task in settings.tasks] == [MODEL.id, "acme/spam"]
        assert [task.name for task in settings.tasks_with_default("acme/spam")] == ["spam"]

    @pytest.mark.parametrize(
        ("variables", "name"), [({"TASKS": "nonsense"}, "TASKS"), ({"MODELS": "[1]"}, "MODELS")]
    )
    def test_a_wrong_one_is_named(self, variables: dict[str, str], name: str) -> None:
        with pytest.raises(SettingsError, match=name):
            MaintenanceSettings.from_env(variables)
