"""What a wait says: an estimate while there is one, and no number once it is over."""

from __future__ import annotations

from playground.progress import bar
from playground.running import Waiting


def test_an_estimate_is_shown_while_it_lasts() -> None:
    assert "about 20 s left" in bar(Waiting(10, "exporting", 20))
    assert "about 2 s left" in bar(Waiting(10, "downloading", 2))


def test_a_conversion_that_outlasts_its_estimate_shows_no_time_that_is_left() -> None:
    drawn = bar(Waiting(95, "trying int8", 3.0))
    assert "longer than usual, 95 s so far" in drawn
    assert " left" not in drawn
    assert "value=" not in drawn
