"""Texts for training and texts for measuring share nothing that would flatter a model."""

from __future__ import annotations

import numpy as np
import pytest

from local.demo.corpus.labelled import emotions, labels_of, messages
from local.demo.corpus.leads import gist
from local.demo.packaged.rampart import _from_blocks


def test_held_out_sentences_are_not_trained_on() -> None:
    train, held_out = emotions("train"), emotions("held_out")
    assert not {row.text for row in train} & {row.text for row in held_out}
    assert labels_of(train) == labels_of(held_out)
    spam = {row.text for row in messages("train", 40, 1)}
    assert not spam & {row.text for row in messages("held_out", 40, 1)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The mayor sold the old bridge on Monday after a debate. It rained.",
            "The mayor sold the old bridge on Monday.",
        ),
        ("Who called? Nobody knows.", "Who called?"),
        ("Because it rained we stayed. Then we left.", "Because it rained we stayed."),
    ],
)
def test_a_gist_is_the_first_sentence_without_its_aside(text: str, expected: str) -> None:
    assert gist(text) == expected


def test_numbers_of_four_bits_are_read_back() -> None:
    numbers = np.arange(64, dtype=np.uint8).reshape(2, 32) % 16
    packed = (numbers[:, 0::2] | numbers[:, 1::2] << 4).reshape(2, 1, 16)
    scales = np.array([[0.5], [2.0]], dtype=np.float32)
    found = _from_blocks({"N": 2, "K": 32, "block_size": 32}, packed, scales)
    assert np.array_equal(found, (numbers.astype(np.float32) - 8) * scales)
