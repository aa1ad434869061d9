"""The demo translation model must be as good, as small and as honestly described as its card says."""

from __future__ import annotations

import random
from typing import Any

import pytest
from huggingface_hub import ModelCard

from local.demo.evaluation.translation import MODEL, measure_exact_share, translate
from local.demo.number_words import HELD_OUT, Style, draw_number, held_out, spell

BUDGET = 1_000_000


@pytest.fixture(scope="module")
def card() -> Any:
    """A ``ModelCard``, whose data has what the card's front matter has."""
    return ModelCard.load(MODEL / "README.md")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (10, "ten"),
        (19, "nineteen"),
        (40, "forty"),
        (99, "ninety-nine"),
        (100, "one hundred"),
        (101, "one hundred and one"),
        (1_000, "one thousand"),
        (1_015, "one thousand and fifteen"),
        (1_100, "one thousand one hundred"),
        (12_345, "twelve thousand three hundred and forty-five"),
        (700_007, "seven hundred thousand and seven"),
        (999_999, "nine hundred and ninety-nine thousand nine hundred and ninety-nine"),
    ],
)
def test_numbers_are_spelt_as_in_english(number: int, words: str) -> None:
    assert spell(number) == words


def test_spelling_differs_as_people_do() -> None:
    assert spell(1_205, Style(says_and=False)) == "one thousand two hundred five"
    assert spell(105, Style(says_a=True)) == "a hundred and five"
    assert spell(21_000, Style(says_a=True)) == "twenty-one thousand"


def test_held_out_numbers_are_never_drawn_for_training() -> None:
    rng = random.Random(1)
    drawn = {draw_number(rng) for _ in range(200_000)}
    assert len(held_out()) == HELD_OUT
    assert not drawn & held_out()
    assert max(drawn) > 999_000
    assert set(range(10)) <= drawn


def test_the_weights_fit_the_budget() -> None:
    assert (MODEL / "model.safetensors").stat().st_size <= BUDGET


def test_card_states_the_measured_share(card: Any) -> None:
    (stated,) = card.data.eval_results
    found = measure_exact_share(sorted(held_out()))
    assert found >= 0.99
    assert stated.metric_value == round(found, 4)
    assert f"{found:.1%}" in card.text
    assert card.data.pipeline_tag == "translation"


def test_what_is_no_number_is_said_to_be_none() -> None:
    texts = ["Good morning.", "The bill is ten euros.", "word " * 500, "A hundred, and five.", "twelve"]
    assert translate(texts) == ["?", "?", "?", "105", "12"]
