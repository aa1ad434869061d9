"""What could never answer is never published: each kind is refused in words, and leaves nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import load_file, save_file

from inference.cache.lease import Lease
from inference.convert.__main__ import convert
from inference.deadline import Deadline
from inference.jobs.refused import Refused
from inference.jobs.requests import ConvertJob
from tests.support.models.encoders import make_classifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WEIGHTS = "model.safetensors"


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    return make_classifier(tmp_path / "snapshot", "bert")


@pytest.fixture
def job(snapshot: Path, tmp_path: Path) -> Iterator[ConvertJob]:
    (tmp_path / "state").mkdir()
    holder = Lease(tmp_path / "state").acquire(Deadline.after(10.0), until=lambda: None)
    assert holder
    yield ConvertJob(
        snapshot=str(snapshot),
        artifacts=str(tmp_path / "artifacts"),
        model="hublet/tiny",
        commit="a" * 40,
        pipeline_tag="text-classification",
        examples=["Good."],
        trial={},
        precision="fp32",
        threads=1,
        memory_mb=4096,
        memory_option="sentiment.memory",
        lease=str(holder.folder),
        lease_token=holder.token,
    )
    holder.end()


def change(snapshot: Path, damage: Callable[[dict[str, torch.Tensor]], object]) -> None:
    weights = load_file(snapshot / WEIGHTS)
    damage(weights)
    save_file(weights, snapshot / WEIGHTS, metadata={"format": "pt"})


def make_infinite(snapshot: Path) -> None:
    change(snapshot, lambda weights: weights["classifier.weight"].fill_(torch.inf))


def put_nan(snapshot: Path) -> None:
    change(snapshot, lambda weights: weights["classifier.bias"].fill_(torch.nan))


def forget_words(snapshot: Path) -> None:
    """The tokenizer knows more words than the model."""
    config = json.loads((snapshot / "config.json").read_text())
    (snapshot / "config.json").write_text(json.dumps(config | {"vocab_size": 8}))
    name = "bert.embeddings.word_embeddings.weight"
    change(snapshot, lambda weights: weights.update({name: weights[name][:8].clone()}))


def cut_weights(snapshot: Path) -> None:
    whole = (snapshot / WEIGHTS).read_bytes()
    (snapshot / WEIGHTS).write_bytes(whole[: len(whole) // 2])


def empty_weights(snapshot: Path) -> None:
    (snapshot / WEIGHTS).write_bytes(b"")


def remove_tokenizer(snapshot: Path) -> None:
    for path in [*snapshot.glob("tokenizer*"), *snapshot.glob("special_tokens*")]:
        path.unlink()


def name_unknown_architecture(snapshot: Path) -> None:
    config = json.loads((snapshot / "config.json").read_text())
    (snapshot / "config.json").write_text(json.dumps(config | {"model_type": "no-such-model"}))


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (make_infinite, "its answers are not numbers"),
        (put_nan, "'classifier.bias' holds values that are not numbers"),
        (forget_words, "could not be loaded and run"),
        (cut_weights, "could not be loaded and run|cannot be read"),
        (empty_weights, "could not be loaded and run|cannot be read"),
        (remove_tokenizer, "tokenizer"),
        (name_unknown_architecture, "could not be loaded and run|no pipeline"),
    ],
)
def test_a_model_that_cannot_answer_is_refused_before_it_is_published(
    job: ConvertJob, snapshot: Path, damage: Callable[[Path], None], told: str
) -> None:
    damage(snapshot)
    with pytest.raises(Refused, match=told):
        convert(job)
    assert not list((snapshot.parent / "artifacts").iterdir())


@pytest.mark.filterwarnings("default")
def test_a_model_that_answers_is_published(job: ConvertJob, snapshot: Path) -> None:
    convert(job)
    (published,) = (snapshot.parent / "artifacts").iterdir()
    assert published.name.startswith("onnx-")


@pytest.mark.filterwarnings("default")
def test_what_only_an_example_asks_for_is_no_fault_of_the_model(job: ConvertJob, snapshot: Path) -> None:
    convert(replace(job, trial={"no_such_parameter": 1}))
    assert list((snapshot.parent / "artifacts").iterdir())
