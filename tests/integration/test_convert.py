"""Download and conversion as real processes: hostile repositories, kills, limits, imports."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import load_file

from inference.deadline import Deadline
from inference.engines.load import load
from inference.errors import InternalError, ModelNotReady, ModelUnavailable
from inference.prepare.direct import DirectProvider
from inference.prepare.spec import ArtifactSpec
from inference.task import Call, Model
from local.hub.server import HubServer
from tests.support.models import text_to_text
from tests.support.models.decoders import make_snapshot
from tests.support.models.encoders import make_classifier
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from inference.cache.artifact import Artifact

MODEL = Model("hublet/tiny")
SPEC = ArtifactSpec("text-classification", ("Good.",), "int8", threads=1, memory_mb=4096)
FAMILY = "bert"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_classifier(tmp_path / "repositories" / "hublet" / "tiny", FAMILY)


@pytest.fixture
def hub(repository: Path) -> Iterator[HubServer]:
    with HubServer(repository.parents[1]) as server:
        yield server


def prepare(
    hub: HubServer,
    tmp_path: Path,
    spec: ArtifactSpec = SPEC,
    within_s: float = 120.0,
    model: Model = MODEL,
) -> Artifact:
    provider = DirectProvider(tmp_path / "cache", hub.url, {}, spec)
    return provider.fetch(model, Deadline.after(within_s), lambda progress: None)


def test_the_serving_process_imports_neither_torch_nor_transformers(hub: HubServer, tmp_path: Path) -> None:
    prepare(hub, tmp_path)
    code = """
import json, sys
from inference import handler
class Context:
    aws_request_id = "1"
    def get_remaining_time_in_millis(self): return 60_000
result = handler.handler({"inputs": "Good."}, Context())
assert result[0][0]["score"] > 0, result
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""
    environ = {
        "TASK": "sentiment",
        "MODEL": MODEL.id,
        "MODEL_CACHE": str(tmp_path / "cache"),
        "PRECISION": "int8",
        "PATH": "/usr/bin:/bin",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, text=True, check=True
    )
    modules = json.loads(done.stdout.splitlines()[-1])
    assert "onnxruntime" in modules
    assert not {"torch", "transformers", "huggingface_hub", "onnx"} & set(modules)


def test_a_hostile_repository_runs_nothing(repository: Path, hub: HubServer, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    code = f"open({str(canary)!r}, 'w')\n"
    for name in ("modeling_tiny.py", "configuration_tiny.py", "tokenization_tiny.py"):
        (repository / name).write_text(code)
    (repository / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'touch " + bytes(canary) + b"'\ntR.")
    config = json.loads((repository / "config.json").read_text())
    config["auto_map"] = {
        "AutoConfig": "configuration_tiny.TinyConfig",
        "AutoModelForSequenceClassification": "modeling_tiny.TinyModel",
    }
    config["_attn_implementation_internal"] = "hostile/kernel"
    (repository / "config.json").write_text(json.dumps(config))
    artifact = prepare(hub, tmp_path)
    assert artifact.manifest.engine in ("onnx", "transformers")
    assert not canary.exists()
    assert not [line for line in hub.record.lines if line.endswith((".py", ".bin"))]


@pytest.fixture
def pickled(repository: Path) -> Path:
    """The repository as an old one: the same weights in a pickle, no safetensors."""
    weights = load_file(repository / "model.safetensors")
    torch.save(weights, repository / "pytorch_model.bin")
    (repository / "model.safetensors").unlink()
    return repository


def test_pickle_weights_serve_where_they_are_allowed_by_name(
    pickled: Path, hub: HubServer, tmp_path: Path
) -> None:
    with pytest.raises(ModelUnavailable, match="no safetensors"):
        prepare(hub, tmp_path)
    allowed = Model(MODEL.id, pickle_weights=True)
    artifact = prepare(hub, tmp_path, model=allowed)
    assert artifact.manifest.engine == "onnx"
    assert not list(artifact.folder.glob("*.bin"))


def test_a_hostile_pickle_runs_nothing_even_where_pickles_are_allowed(
    pickled: Path, hub: HubServer, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    (pickled / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'touch " + bytes(canary) + b"'\ntR.")
    with pytest.raises(ModelUnavailable, match="more than tensors"):
        prepare(hub, tmp_path, model=Model(MODEL.id, pickle_weights=True))
    assert not canary.exists()


@pytest.mark.parametrize("within_s", [2.0, 6.0])
def test_a_preparation_that_is_ended_leaves_nothing_visible_and_the_next_one_works(
    hub: HubServer, tmp_path: Path, within_s: float
) -> None:
    started_s = time.monotonic()
    try:
        prepare(hub, tmp_path, within_s=within_s)
    except ModelNotReady as error:
        assert time.monotonic() - started_s < within_s + 1
        assert error.retry_after_s
        assert DirectProvider(tmp_path / "cache", hub.url, {}, SPEC).store.find(MODEL) is None
    assert prepare(hub, tmp_path).manifest.engine == "onnx"


def test_a_conversion_past_the_functions_memory_is_an_error_that_names_it(
    hub: HubServer, tmp_path: Path
) -> None:
    small = ArtifactSpec("text-classification", ("Good.",), "int8", threads=1, memory_mb=128)
    with pytest.raises(InternalError, match=r"128 MB|ended while"):
        prepare(hub, tmp_path, small)
    assert prepare(hub, tmp_path).manifest.engine == "onnx"


def test_a_model_that_no_fast_engine_knows_is_served_by_transformers_and_says_so(
    hub: HubServer, tmp_path: Path
) -> None:
    other = ArtifactSpec("any-other-task", (), "auto", threads=1, memory_mb=4096)
    manifest = prepare(hub, tmp_path, other).manifest
    assert manifest.engine == "transformers"
    assert manifest.reason.startswith("no faster engine serves any-other-task by bert models")


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    ("make", "tag", "engine"),
    [
        (text_to_text.bart, "summarization", "ctranslate"),
        (lambda folder: make_snapshot(folder, "llama"), "text-generation", "genai"),
    ],
    ids=["bart", "llama"],
)
def test_generation_models_are_prepared_and_loaded_the_same_way(
    tmp_path: Path, make: Callable[[Path], Path], tag: str, engine: str
) -> None:
    make(tmp_path / "repositories" / "hublet" / "tiny")
    spec = ArtifactSpec(tag, ("Good.",), "int8", threads=1, memory_mb=4096)
    with HubServer(tmp_path / "repositories") as hub:
        artifact = prepare(hub, tmp_path, spec)
    assert artifact.manifest.engine == engine
    assert artifact.manifest.precision.startswith("int")
    loaded = load(artifact, tag, 1)
    assert len(loaded.run(Call(["Good.", "Bad."], {"max_new_tokens": 3}, is_list=True)).results) == 2


def test_two_precisions_stand_side_by_side(hub: HubServer, tmp_path: Path) -> None:
    fp32 = ArtifactSpec("text-classification", ("Good.",), "fp32", threads=1, memory_mb=4096)
    one, two = prepare(hub, tmp_path), prepare(hub, tmp_path, fp32)
    assert one.folder != two.folder
    assert (one.manifest.precision, two.manifest.precision) == ("int8", "fp32")
    assert two.manifest.drift["max_score_difference"] < 1e-4
    assert prepare(hub, tmp_path).folder == one.folder
