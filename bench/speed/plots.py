"""Plots of the figures as SVG, readable on white and on black."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bench.speed import ratios

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

INK = "#767676"
"""Contrast of 4.5 on white and 4.6 on black."""
PEER, OURS = "#9a9a9a55", "#e8590c"
THICK = 0.62
ROW_INCHES = 0.42
LEGEND = "grey: transformers, as the AWS sample uses it; orange: Hublet, as part of it"

# File name -> title, and a function from one case to the values of the peer and ours.
PLOTS: dict[str, tuple[str, Callable[[dict[str, Any]], dict[str, float]]]] = {
    "cold": ("Cold start, s", lambda case: ratios.medians(case["cold_s"])),
    "slow-cold": (
        "Cold start with the model on storage of 100 MB/s, s",
        lambda case: ratios.medians(ratios.slow_cold_starts(case)),
    ),
    "warm": ("Warm call, median, ms", lambda case: dict(case["warm_ms"][0]["p50"])),
    "memory": ("Peak memory, MB", lambda case: dict(case["peak_memory_mb"])),
}


def draw_all(cases: Sequence[dict[str, Any]], folder: Path) -> list[Path]:
    """One file for each plot; text is stored as text, not as outlines."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [str(case["model"]) for case in cases]
    return [
        draw_parts(names, [values(case) for case in cases], title, folder / f"{name}.svg")
        for name, (title, values) in PLOTS.items()
    ]


def draw_parts(
    names: list[str], figures: list[dict[str, float]], title: str, file: Path, legend: str = LEGEND
) -> Path:
    """One bar for each name: ours as a part of the peer's."""
    with canvas(file, (7.5, 1.1 + ROW_INCHES * len(names)), title) as picture:
        axes = picture.subplots()
        _bars(axes, names, figures)
        axes.set_title(title, loc="left", fontsize=12)
        axes.set_xlabel(legend, color=INK, fontsize=9, loc="left")
    return file


@contextmanager
def canvas(file: Path, inches: tuple[float, float], title: str) -> Iterator[Any]:
    """A matplotlib figure, saved to ``file`` on exit. The same data gives the same bytes."""
    import matplotlib

    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "bench", "text.color": INK}):
        from matplotlib.figure import Figure

        picture = Figure(figsize=inches, layout="constrained")
        yield picture
        picture.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Title": title})


def _bars(axes: Any, names: list[str], figures: list[dict[str, float]]) -> None:
    """Draw each of the peer's bars with length 1, since cases differ a thousandfold; ours are parts of it."""
    axes.barh(names, [1.0] * len(names), height=THICK, color=PEER)
    axes.barh(names, [figure["ours"] / figure["peer"] for figure in figures], height=THICK, color=OURS)
    for place, figure in enumerate(figures):
        text = f"{format_short(figure['peer'])} → {format_short(figure['ours'])}"
        axes.text(1.02, place, text, va="center", fontsize=10)
    hide_frame(axes, 1.3)


def hide_frame(axes: Any, width: float) -> None:
    """Show only the bars and their names, the first one on top."""
    axes.set_xlim(0, width)
    axes.invert_yaxis()
    axes.tick_params(colors=INK, length=0)
    axes.set_xticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def format_short(value: float) -> str:
    """A number with two decimals below 10, else none."""
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"
