"""Maps and waveforms: what is drawn of an answer."""

from __future__ import annotations

import base64

import pytest

from playground.results import transcript, vectors
from tests.support import sounds


def test_what_is_alike_lies_near_on_the_map() -> None:
    points = vectors.places([[1, 0, 0.1], [1, 0.1, 0], [0, 1, 0.1], [0, 1, 0]])
    assert points.shape == (4, 2)
    assert points.min() == 0
    assert points.max() == 1
    near, far = abs(points[0] - points[1]), abs(points[0] - points[2])
    assert near[0] < far[0] / 4


def test_equal_vectors_have_a_place_too() -> None:
    assert vectors.places([[1.0, 0.0]] * 3).tolist() == [[0, 0]] * 3


def test_two_texts_are_a_table_and_many_are_a_map_alone() -> None:
    assert "map" not in vectors.compare(["a", "b"], [[1, 0], [0, 1]])
    many = vectors.compare(["<x>"] * 13, [[float(index), 1.0] for index in range(13)])
    assert "matrix" not in many
    assert "&lt;x&gt;" in many


def test_each_piece_has_the_bars_of_its_time() -> None:
    sound = base64.b64encode(sounds.made("m4a", seconds=2.0)).decode()
    chunks = [{"timestamp": [0.0, 0.5], "text": " one"}, {"timestamp": [0.5, None], "text": " two"}]
    first, second = transcript.draw(sound, {"text": "one two", "chunks": chunks}).split("</figure>")[:2]
    assert first.count("<path") == 12
    assert second.count("<path") == pytest.approx(36, abs=3)  # an encoder adds some silence
    assert "one" in first
    assert "0.5 –" in second


@pytest.mark.parametrize("inputs", [None, "", "bm8gc291bmQ=", "no base64"])
def test_a_recording_that_cannot_be_drawn_leaves_its_words(inputs: str | None) -> None:
    drawn = transcript.draw(inputs, {"text": "fine"})
    assert "svg" not in drawn
    assert "fine" in drawn
