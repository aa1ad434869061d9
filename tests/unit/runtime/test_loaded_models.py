"""What is left for a call beside the models in memory: told to every engine, at each load."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from inference.cache.artifact import Artifact
from inference.runtime.loaded_models import IN_MEMORY, PROCESS_BYTES, LoadedModels
from inference.runtime.worker import Worker
from inference.task import Model
from tests.support.fake_engine import FakeEngine
from tests.support.models.manifests import manifest

if TYPE_CHECKING:
    from inference.engines.engine import Engine

MEGABYTE = 1_000_000
MEMORY_MB = 2000


def load_of(loaded: LoadedModels, name: str, size_mb: int) -> Engine:
    files = {"model.bin": {"size_bytes": size_mb * MEGABYTE, "sha256": "0" * 64}}
    made = manifest("onnx", "any", model=name, files=files)
    future, _ = loaded.start(Model(name), Artifact(Path("nowhere"), made))
    return future.result(timeout=10)


def test_each_load_leaves_less_for_every_engine() -> None:
    loaded = LoadedModels("any-tag", 1, MEMORY_MB, Worker("test"), lambda *_: FakeEngine())
    first = load_of(loaded, "hublet/first", 500)
    assert first.room_bytes == MEMORY_MB * MEGABYTE - IN_MEMORY * 500 * MEGABYTE
    second = load_of(loaded, "hublet/second", 400)
    assert first.room_bytes == second.room_bytes == MEMORY_MB * MEGABYTE - IN_MEMORY * 900 * MEGABYTE


def test_a_model_that_fills_the_memory_leaves_what_a_process_was_always_given() -> None:
    loaded = LoadedModels("any-tag", 1, MEMORY_MB, Worker("test"), lambda *_: FakeEngine())
    assert load_of(loaded, "hublet/large", 3000).room_bytes == PROCESS_BYTES
