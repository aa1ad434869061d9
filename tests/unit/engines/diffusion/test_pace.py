"""How long a picture takes: by its own size when that was painted, else a floor."""

from __future__ import annotations

from inference.engines.diffusion.pace import Pace


def test_nothing_is_known_before_the_first() -> None:
    assert Pace().seconds(64 * 64, 10) is None


def test_a_size_that_was_painted_tells_for_itself() -> None:
    pace = Pace()
    pace.note(512 * 512, 4, stepping_s=8.0, after_s=3.0)
    pace.note(64 * 64, 2, stepping_s=1.0, after_s=0.5)
    assert pace.seconds(512 * 512, 50) == 50 * 2.0 + 3.0
    assert pace.seconds(64 * 64, 10) == 10 * 0.5 + 0.5


def test_the_latest_figures_count() -> None:
    pace = Pace()
    pace.note(100, 1, stepping_s=9.0, after_s=9.0)
    pace.note(100, 1, stepping_s=1.0, after_s=0.0)
    assert pace.seconds(100, 3) == 3.0


def test_another_size_gets_a_floor_never_more_than_it_can_take() -> None:
    pace = Pace()
    pace.note(400, 1, stepping_s=4.0, after_s=2.0)
    assert pace.seconds(100, 1) == 1.5  # a quarter of the pixels takes a quarter of the time or longer
    assert pace.seconds(1600, 1) == 6.0  # four times the pixels takes as long or longer
