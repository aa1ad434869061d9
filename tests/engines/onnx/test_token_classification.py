"""Token classification against transformers' own pipeline: every strategy, tokenizer kind and script."""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest

from inference.convert.onnx import export
from inference.engines.engine import Unsupported
from inference.engines.onnx import engine as onnx
from inference.engines.onnx.windows import MOST_TOKENS
from inference.errors import InvalidField
from inference.task import Call
from tests.support.models.heads import (
    FAMILIES,
    LONG,
    ODD,
    TEXTS,
    WINDOW,
    converted,
    make_model,
    on_torch,
    with_its_marks,
)

if TYPE_CHECKING:
    from pathlib import Path

TAG = "token-classification"
STRATEGIES = ("none", "simple", "first", "average", "max")

# The pipeline warns where a tokenizer does not mark the insides of words; the export warns about torch.
pytestmark = pytest.mark.filterwarnings("default")


class Pair:
    """A head, and the pipeline that it must answer like."""

    def __init__(self, snapshot: Path) -> None:
        from transformers import pipeline

        self.pipeline = pipeline(TAG, model=str(snapshot), device="cpu")
        self.head = on_torch(snapshot, TAG)

    def compare(self, texts: list[str], head: Any = None, **options: Any) -> list[list[dict[str, Any]]]:
        """The head's answers, once they are the pipeline's: all but the scores equal, and those to 1e-4."""
        answers = call(head or self.head, texts, **options)
        for text, found in zip(texts, answers, strict=True):
            expected = self.pipeline(text, **{"aggregation_strategy": "simple", **options})
            same = [{**with_its_marks(text, entry), "score": 0} for entry in expected]
            assert [{**entry, "score": 0} for entry in found] == same
            scores = [float(entry["score"]) for entry in expected]
            assert [entry["score"] for entry in found] == pytest.approx(scores, abs=1e-4)
        return answers


def call(head: Any, texts: list[str], **parameters: Any) -> list[list[dict[str, Any]]]:
    result: list[list[dict[str, Any]]] = head.run(Call(texts, parameters, is_list=True)).results
    return result


@pytest.fixture(scope="module", params=sorted(set(FAMILIES) - {"bart"}))
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """BART is not among them: transformers has no token classification for it."""
    for seed in range(10):
        pair = Pair(make_model(tmp_path_factory.mktemp(request.param), TAG, request.param, seed=seed))
        found = {entry["entity_group"] for answers in call(pair.head, TEXTS) for entry in answers}
        if found == {"PER", "LOC"}:
            return pair
    raise AssertionError("no weights that find every kind of entity")


def test_entities_are_those_of_transformers(pair: Pair) -> None:
    labels = set()
    for strategy in STRATEGIES:
        for answers in pair.compare(TEXTS, aggregation_strategy=strategy):
            labels |= {entry.get("entity_group") for entry in answers}
    assert labels == {None, "PER", "LOC"}
    pair.compare(TEXTS, ignore_labels=["PER"])
    pair.compare(TEXTS, ignore_labels=[], aggregation_strategy="none")


def test_offsets_are_those_of_transformers_for_any_unicode(pair: Pair) -> None:
    for strategy in STRATEGIES:
        answers = pair.compare(ODD, aggregation_strategy=strategy, ignore_labels=[])
        for text, found in zip(ODD, answers, strict=True):
            assert found
            assert all(0 <= entry["start"] <= entry["end"] <= len(text) for entry in found)


def test_a_span_takes_the_marks_of_its_last_letter_along(tmp_path: Path) -> None:
    """ "cafe" and a combining accent: a normalizer that strips accents ends the word before it."""
    text = "The cafe\u0301 of Zoe\u0308\u0323, cafe\u0301"
    tokenizer = json.loads((make_model(tmp_path, TAG, "bert") / "tokenizer.json").read_text())
    tokenizer["normalizer"]["strip_accents"] = True
    (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer))
    head = on_torch(tmp_path, TAG)
    for strategy in STRATEGIES[1:]:
        found = call(head, [text], aggregation_strategy=strategy, ignore_labels=[])[0]
        followed = {text[entry["end"] : entry["end"] + 1] for entry in found}
        assert found[-1]["end"] == len(text)
        assert not [mark for mark in followed if mark and unicodedata.combining(mark)]


def test_a_long_text_is_read_in_windows_as_transformers_does_when_told_to(pair: Pair) -> None:
    for strategy in STRATEGIES[1:]:
        for stride in (0, 20):
            found = pair.compare([LONG], aggregation_strategy=strategy, stride=stride, ignore_labels=[])[0]
            assert found[-1]["end"] > len(LONG) - 20
    # A quarter of what a window holds beside its special tokens is shared where nothing is said.
    assert call(pair.head, [LONG]) == pair.compare([LONG], stride=(WINDOW - 2) // 4)
    assert pair.head.run(Call([LONG], {}, is_list=True)).truncated == 0


def test_tokens_of_a_long_text_come_once_each(pair: Pair) -> None:
    found = call(pair.head, [LONG], aggregation_strategy="none", ignore_labels=[])[0]
    whole = pair.pipeline.tokenizer(LONG, return_offsets_mapping=True, verbose=False)
    assert [(entry["start"], entry["end"]) for entry in found] == whole["offset_mapping"][1:-1]
    assert [entry["index"] for entry in found] == list(range(1, len(whole["input_ids"]) - 1))


def test_a_batch_answers_as_its_texts_do_alone(pair: Pair) -> None:
    texts = [*TEXTS, LONG]
    assert call(pair.head, texts) == [call(pair.head, [text])[0] for text in texts]


def test_it_tells_how_many_tokens_it_read(pair: Pair) -> None:
    outcome = pair.head.run(Call(TEXTS, {}, is_list=True))
    read = pair.pipeline.tokenizer(TEXTS, verbose=False)["input_ids"]
    assert outcome.tokens == sum(map(len, read))
    outcome = pair.head.run(Call([LONG], {}, is_list=True))
    whole = len(pair.pipeline.tokenizer(LONG, verbose=False)["input_ids"])
    assert whole < outcome.tokens < 2 * whole


def test_an_overlap_that_leaves_no_step_is_refused(pair: Pair) -> None:
    with pytest.raises(InvalidField, match=r"parameters.stride: must be less than 62"):
        call(pair.head, [LONG], stride=62)


def test_limits_that_are_kept_one_by_one_may_not_add_up_to_too_much(pair: Pair) -> None:
    """A window for each token of a long text would be millions of tokens."""
    room = pair.head._tokenizer.room()
    text = "a " * (MOST_TOKENS // WINDOW + room)
    with pytest.raises(InvalidField, match=rf"^parameters\.stride: {room - 1} makes [\d,]+ windows of this"):
        call(pair.head, [text], stride=room - 1)
    call(pair.head, ["a " * room * 2], stride=room - 1)


def test_a_converted_model_answers_the_same(tmp_path: Path) -> None:
    snapshot = make_model(tmp_path / "model", TAG, "distilbert")
    artifact = converted(snapshot, TAG, tmp_path / "artifacts", "fp32")
    assert artifact.manifest.drift["entity_agreement"] == 1.0
    assert artifact.manifest.drift["max_score_difference"] < 1e-4
    Pair(snapshot).compare(TEXTS, onnx.load(artifact, TAG, 1))


def test_a_graph_that_does_not_answer_as_torch_does_is_not_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = make_model(tmp_path / "model", TAG, "distilbert")
    shared = export._tokens(1)
    monkeypatch.setattr(export, "_tokens", lambda texts: shared)  # torch then takes two inputs for one
    with pytest.raises(Unsupported, match="does not answer as torch does"):
        converted(snapshot, TAG, tmp_path / "artifacts", "fp32")


def test_int8_says_how_far_it_is_from_torch(tmp_path: Path) -> None:
    snapshot = make_model(tmp_path / "model", TAG, "distilbert", spread=0.1)
    artifact = converted(snapshot, TAG, tmp_path / "artifacts", "int8")
    figures = artifact.manifest.drift
    assert figures["label_agreement"] > 0.8
    assert 0 < figures["max_score_difference"] < 0.5
    tokens = call(onnx.load(artifact, TAG, 1), TEXTS, aggregation_strategy="none", ignore_labels=[])
    assert sum(map(len, tokens)) == figures["tokens"]
