"""The demo model must be as good, as small and as honestly described as its card says."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from huggingface_hub import ModelCard

from local.demo.evaluation.sentiment import (
    DEVELOPMENT,
    MODEL,
    accuracy,
    positive_scores,
    read_everyday,
    split_corpus,
)
from local.demo.everyday import generate, normalize
from local.demo.training.loop import SEED
from local.demo.training.sentiment import generate_everyday
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from local.demo.evaluation.sentiment import ReviewSplit
    from local.demo.everyday import Labelled


DATA = Path(os.environ.get("HUBLET_DATA", ROOT.parent / "shared" / "data"))
CORPUS = DATA / "rt_polarity" / "sentences.tsv"
BUDGET = 3_000_000


@pytest.fixture(scope="module")
def card() -> Any:
    """A ``ModelCard``, whose data has what the card's front matter has."""
    return ModelCard.load(MODEL / "README.md")


@pytest.fixture(scope="module")
def stated(card: Any) -> dict[str, float]:
    return {result.dataset_type: result.metric_value for result in card.data.eval_results}


@pytest.fixture(scope="module")
def generated() -> list[Labelled]:
    return generate_everyday()


@pytest.fixture(scope="module")
def split() -> ReviewSplit:
    if not CORPUS.is_file():
        pytest.skip("no rt_polarity/sentences.tsv: set HUBLET_DATA to the folder that has it")
    return split_corpus(CORPUS)


def measured(rows: list[Labelled]) -> float:
    return accuracy(rows, positive_scores([row.text for row in rows]))


def test_the_weights_fit_the_budget() -> None:
    assert (MODEL / "model.safetensors").stat().st_size <= BUDGET


def test_the_folder_names_its_labels_and_its_length() -> None:
    config = json.loads((MODEL / "config.json").read_text())
    tokenizer = json.loads((MODEL / "tokenizer_config.json").read_text())
    assert config["id2label"] == {"0": "NEGATIVE", "1": "POSITIVE"}
    assert tokenizer["model_max_length"] == config["max_position_embeddings"]


def test_long_text_is_cut_and_not_an_error() -> None:
    assert positive_scores(["a wonderful day " * 500])[0] > 0.5


def test_the_score_of_a_text_does_not_depend_on_its_company() -> None:
    texts = ["I love this phone.", "A longer sentence, which says that nothing here was any good at all."]
    alone = [positive_scores([text])[0] for text in texts]
    assert positive_scores(texts) == pytest.approx(alone, abs=1e-5)


def test_everyday_set_is_balanced_and_has_no_duplicates() -> None:
    rows = read_everyday()
    assert [sum(row.label == label for row in rows) for label in (0, 1)] == [60, 60]
    assert len({normalize(row.text) for row in rows}) == 120


def test_everyday_set_was_not_trained_on(generated: list[Labelled]) -> None:
    everyday = {normalize(row.text) for row in read_everyday()}
    assert not everyday & {normalize(row.text) for row in generated}


def test_synthetic_sentences_are_reproducible_balanced_and_whole(generated: list[Labelled]) -> None:
    written = [row.text for row in read_everyday() + read_everyday(DEVELOPMENT)]
    assert generated[:200] == generate(200, SEED, avoid=written)
    assert sum(row.label for row in generated) / len(generated) == pytest.approx(0.5, abs=0.02)
    assert not [row.text for row in generated if "{" in row.text or "|" in row.text or "  " in row.text]


def test_card_states_the_measured_everyday_accuracy(card: Any, stated: dict[str, float]) -> None:
    found = measured(read_everyday())
    assert stated["everyday_sentiment"] == round(found, 4)
    assert f"{found:.1%}" in card.text


def test_card_states_the_measured_held_out_accuracy(
    card: Any, stated: dict[str, float], split: ReviewSplit
) -> None:
    found = measured(split.held_out)
    assert stated["rt_polarity"] == round(found, 4)
    assert f"{found:.1%}" in card.text


def test_everyday_accuracy_is_good_enough() -> None:
    assert measured(read_everyday()) >= 0.85


def test_held_out_accuracy_is_good_enough(split: ReviewSplit) -> None:
    assert measured(split.held_out) >= 0.75


def test_held_out_reviews_were_not_trained_on(split: ReviewSplit) -> None:
    everyday = {normalize(row.text) for row in read_everyday()}
    trained = {normalize(row.text) for row in split.train}
    assert len(split.held_out) == 1000
    assert not trained & everyday
    assert not {row.text for row in split.train} & {row.text for row in split.held_out}
