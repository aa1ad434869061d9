"""Figures -> SVG pictures that read well on white and on black."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bench import ratios

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

INK = "#767676"
"""Contrast of 4.5 on white and 4.6 on black."""
PEER, OURS = "#9a9a9a55", "#e8590c"
THICK = 0.62
ROW_INCHES = 0.42
LEGEND = "grey: transformers, as the AWS sample uses it; orange: Hublet, as part of it"

# File name -> title, and the values of the peer and ours for one row.
PLOTS: dict[str, tuple[str, Callable[[dict[str, Any]], dict[str, float]]]] = {
    "cold": ("Cold start, s", lambda row: ratios.median_of(row["cold_s"])),
    "slow-cold": (
        "Cold start with the model on storage of 100 MB/s, s",
        lambda row: ratios.median_of(ratios.slow_cold(row)),
    ),
    "warm": ("Warm call, median, ms", lambda row: dict(row["warm_ms"][0]["p50"])),
    "memory": ("Peak memory, MB", lambda row: dict(row["peak_memory_mb"])),
}


def draw_all(rows: Sequence[dict[str, Any]], folder: Path) -> list[Path]:
    """One file a figure; the text in it stays text."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [str(row["model"]) for row in rows]
    return [
        draw_parts(names, [values(row) for row in rows], title, folder / f"{name}.svg")
        for name, (title, values) in PLOTS.items()
    ]


def draw_parts(
    names: list[str], figures: list[dict[str, float]], title: str, file: Path, legend: str = LEGEND
) -> Path:
    """A line a name, with ours as part of the peer's."""
    with canvas(file, (7.5, 1.1 + ROW_INCHES * len(names)), title) as picture:
        axes = picture.subplots()
        _bars(axes, names, figures)
        axes.set_title(title, loc="left", fontsize=12)
        axes.set_xlabel(legend, color=INK, fontsize=9, loc="left")
    return file


@contextmanager
def canvas(file: Path, inches: tuple[float, float], title: str) -> Iterator[Any]:
    """A figure without a background, written to the file in the end; the same data gives the same bytes."""
    import matplotlib

    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "bench", "text.color": INK}):
        from matplotlib.figure import Figure

        picture = Figure(figsize=inches, layout="constrained")
        yield picture
        picture.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Title": title})


def _bars(axes: Any, names: list[str], figures: list[dict[str, float]]) -> None:
    """The peer's bars are all of one length, as rows differ a thousandfold; ours are parts of them."""
    axes.barh(names, [1.0] * len(names), height=THICK, color=PEER)
    axes.barh(names, [figure["ours"] / figure["peer"] for figure in figures], height=THICK, color=OURS)
    for place, figure in enumerate(figures):
        text = f"{short(figure['peer'])} → {short(figure['ours'])}"
        axes.text(1.02, place, text, va="center", fontsize=10)
    bare(axes, 1.3)


def bare(axes: Any, width: float) -> None:
    """Bars with their names and nothing around them, the first one on top."""
    axes.set_xlim(0, width)
    axes.invert_yaxis()
    axes.tick_params(colors=INK, length=0)
    axes.set_xticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def short(value: float) -> str:
    """Three digits or so."""
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"
