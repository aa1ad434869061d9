"""From a Hub server to an answer: what is fetched for embeddings, pictures and repositories with a graph."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from inference.convert.proofs import pictures as proof_pictures
from inference.deadline import Deadline
from inference.engines.load import load
from inference.errors import ModelUnavailable
from inference.prepare.direct import DirectProvider
from inference.prepare.spec import ArtifactSpec
from inference.task import Call, Model
from local.hub.server import HubServer
from tests.support.models.heads import make_model
from tests.support.models.own_graph import add_graph
from tests.support.models.sentence_modules import write_modules
from tests.support.models.vision import make_vision_model
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from inference.cache.artifact import Artifact

MODEL = Model("hublet/tiny")
PICTURE = proof_pictures.read()[2]

pytestmark = pytest.mark.filterwarnings("default")  # torch's older exporter warns that it is older


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return tmp_path / "repositories" / "hublet" / "tiny"


@pytest.fixture
def hub(repository: Path) -> Iterator[HubServer]:
    repository.mkdir(parents=True)
    with HubServer(repository.parents[1]) as server:
        yield server


def prepare(hub: HubServer, tmp_path: Path, tag: str, *examples: Any) -> Artifact:
    spec = ArtifactSpec(tag, examples, "fp32", threads=1, memory_mb=4096)
    provider = DirectProvider(tmp_path / "cache", hub.url, {}, spec)
    return provider.fetch(MODEL, Deadline.after(200), lambda progress: None)


def fetched(hub: HubServer) -> set[str]:
    return {
        line.partition("/resolve/")[2].partition("/")[2] for line in hub.record.lines if "/resolve/" in line
    }


def test_the_repositorys_own_graph_is_fetched_and_used(
    hub: HubServer, repository: Path, tmp_path: Path
) -> None:
    add_graph(make_model(repository, "text-classification", "bert"), "text-classification")
    for name in ("model_quantized.onnx", "model_O3.onnx", "model.onnx_data", "decoder_model.onnx"):
        shutil.copyfile(repository / "onnx" / "model.onnx", repository / "onnx" / name)
    artifact = prepare(hub, tmp_path, "text-classification")
    assert {name for name in fetched(hub) if "onnx" in name} == {"onnx/model.onnx"}
    assert "graph of the repository's own" in artifact.manifest.reason
    assert artifact.manifest.drift["max_score_difference"] < 1e-4
    names = {name for name in artifact.manifest.files if "onnx" in name}
    assert names == {"model.onnx", "model.onnx.data"}


def test_it_is_not_fetched_where_no_head_would_use_it(
    hub: HubServer, repository: Path, tmp_path: Path
) -> None:
    add_graph(make_model(repository, "text-classification", "bert"), "text-classification")
    artifact = prepare(hub, tmp_path, "any-other-tag")
    assert not [name for name in fetched(hub) if "onnx" in name]
    assert not [name for name in artifact.manifest.files if "onnx" in name]


def test_torch_is_not_given_a_graph(hub: HubServer, repository: Path, tmp_path: Path) -> None:
    from transformers import AutoConfig, AutoModelForSequenceClassification

    add_graph(make_model(repository, "text-classification", "bert"), "text-classification")
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = AutoConfig.for_model("layoutlm", vocab_size=400, **sizes)
    AutoModelForSequenceClassification.from_config(config).save_pretrained(repository)
    artifact = prepare(hub, tmp_path, "text-classification")
    assert artifact.manifest.engine == "transformers"
    assert "model.safetensors" in artifact.manifest.files
    assert not [name for name in artifact.manifest.files if "onnx" in name]


def test_sentence_transformers_files_arrive_and_both_tags_share_them(
    hub: HubServer, repository: Path, tmp_path: Path
) -> None:
    import torch
    from safetensors.torch import save_file

    make_model(repository, "feature-extraction", "bert")
    write_modules(repository, "Pooling", "Dense", "Normalize", sentence_bert_config={"max_seq_length": 20})
    dense = {"activation_function": "torch.nn.modules.activation.Tanh"}
    (repository / "2_Dense" / "config.json").write_text(json.dumps(dense))
    save_file({"linear.weight": torch.eye(8, 32)}, repository / "2_Dense" / "model.safetensors")
    (repository / "unet").mkdir()
    shutil.copyfile(repository / "model.safetensors", repository / "unet" / "model.safetensors")
    artifact = prepare(hub, tmp_path, "feature-extraction", "Good.")
    assert artifact.manifest.engine == "onnx"
    assert {"1_Pooling/config.json", "2_Dense/model.safetensors"} <= artifact.manifest.files.keys()
    assert "unet/model.safetensors" not in fetched(hub)
    engine = load(artifact, "feature-extraction", 1)
    (vector,) = engine.run(Call(["Good."], {}, is_list=False)).results
    assert len(vector) == 8
    hub.record.clear()
    same = prepare(hub, tmp_path, "sentence-similarity", {"source_sentence": "Good.", "sentences": ["Bad."]})
    assert same.folder == artifact.folder
    assert hub.record.lines == []


def test_a_proof_runs_the_examples_of_similarity_too(
    hub: HubServer, repository: Path, tmp_path: Path
) -> None:
    make_model(repository, "sentence-similarity", "bert")
    item = {"source_sentence": "Good.", "sentences": ["Bad.", "Well."]}
    artifact = prepare(hub, tmp_path, "sentence-similarity", item)
    plain = prepare(hub, tmp_path / "other", "feature-extraction")
    assert artifact.manifest.drift["texts"] == plain.manifest.drift["texts"] + 3
    (found,) = load(artifact, "sentence-similarity", 1).run(Call([item], {}, is_list=False)).results
    assert len(found) == 2


def test_vectors_that_nobody_here_can_make_are_refused_and_why(
    hub: HubServer, repository: Path, tmp_path: Path
) -> None:
    make_model(repository, "feature-extraction", "bert")
    write_modules(repository, "WordWeights", "Pooling")
    with pytest.raises(ModelUnavailable, match="WordWeights"):
        prepare(hub, tmp_path, "feature-extraction", "Good.")


def test_a_processor_of_another_kind_is_left_to_transformers_and_that_is_said(
    hub: HubServer, repository: Path, tmp_path: Path
) -> None:
    make_vision_model(repository, "vit")
    settings = {
        "image_processor_type": "PoolFormerImageProcessor",
        "size": {"shortest_edge": 32},
        "crop_size": 32,
    }
    (repository / "preprocessor_config.json").write_text(json.dumps(settings))
    artifact = prepare(hub, tmp_path, "image-classification", PICTURE)
    assert artifact.manifest.engine == "transformers"
    assert "the image processor PoolFormerImageProcessor is not known" in artifact.manifest.reason
    (found,) = (
        load(artifact, "image-classification", 1).run(Call([PICTURE], {"top_k": 2}, is_list=False)).results
    )
    assert len(found) == 2


def test_a_picture_is_answered_without_torch(hub: HubServer, repository: Path, tmp_path: Path) -> None:
    make_vision_model(repository, "vit")
    artifact = prepare(hub, tmp_path, "image-classification", PICTURE)
    assert artifact.manifest.engine == "onnx"
    assert artifact.manifest.drift["pictures"] == 65
    (expected,) = load(artifact, "image-classification", 1).run(Call([PICTURE], {}, is_list=False)).results
    code = """
import json, sys
from inference import handler
class Context:
    aws_request_id = "1"
    def get_remaining_time_in_millis(self): return 60_000
result = handler.handler(json.load(sys.stdin), Context())
print(json.dumps([result, sorted({name.split(".")[0] for name in sys.modules})]))
"""
    environ = {
        "TASK": "image_classification",
        "MODEL": MODEL.id,
        "MODEL_CACHE": str(tmp_path / "cache"),
        "PRECISION": "fp32",
        "PATH": "/usr/bin:/bin",
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environ,
        input=json.dumps({"inputs": base64.b64encode(PICTURE).decode()}),
        capture_output=True,
        text=True,
        check=True,
    )
    result, modules = json.loads(done.stdout.splitlines()[-1])
    assert result == expected
    assert {"PIL", "onnxruntime"} <= set(modules)
    assert not {"torch", "torchvision", "transformers", "huggingface_hub", "onnx"} & set(modules)
