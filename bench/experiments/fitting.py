"""Underfitting and overfitting: three learners, measured on training data and on held-out data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bench.experiments.learner import (
    HELD_OUT,
    MAX_SENTENCES,
    EpochScores,
    TinyBert,
    count_parameters,
    load_corpus,
    make_plan,
    measure_score,
    train_epochs,
)
from bench.experiments.table import aligned
from bench.speed import plots

if TYPE_CHECKING:
    from pathlib import Path

SEED = 0
EPOCHS = 10
FEW_SENTENCES = 400


@dataclass(frozen=True)
class Learner:
    """A network, and the number of its training sentences."""

    name: str
    network: TinyBert
    sentences: int
    masked: float = 0.0
    """Share of words that training masks, so that a sentence differs from epoch to epoch."""


LEARNERS = (
    Learner("too small", TinyBert(width=2), MAX_SENTENCES),
    Learner("too few sentences", TinyBert(width=64, heads=4), FEW_SENTENCES),
    Learner("enough of both", TinyBert(width=32, heads=4, dropout=0.2), MAX_SENTENCES, masked=0.3),
)


@dataclass(frozen=True)
class LearningCurve:
    """The scores of a learner after each epoch."""

    learner: Learner
    parameters: int
    points: tuple[EpochScores, ...]

    @property
    def best(self) -> int:
        """The epoch with the lowest loss on held-out sentences, counted from 1."""
        losses = [point.held_out.loss for point in self.points]
        return losses.index(min(losses)) + 1

    @property
    def worst(self) -> float:
        """The highest loss, for the range of the plot's axis."""
        return max(score.loss for point in self.points for score in point)


def train(learner: Learner, count: int) -> LearningCurve:
    """Train a learner for ``count`` epochs. Training and held-out scores use the same number of sentences."""
    given, new = load_corpus().training[: learner.sentences], load_corpus().held_out
    model = learner.network.build(SEED)
    points = [
        EpochScores(measure_score(model, given[:HELD_OUT]), measure_score(model, new))
        for _ in train_epochs(model, given, make_plan(learner.masked), count)
    ]
    return LearningCurve(learner, count_parameters(model), tuple(points))


def run(folder: Path, tiny: bool = False) -> str:
    """Train all learners, draw the plot, return the table."""
    learners = [replace(each, sentences=FEW_SENTENCES) for each in LEARNERS] if tiny else LEARNERS
    curves = [train(learner, 2 if tiny else EPOCHS) for learner in learners]
    draw(curves, folder / "fitting.svg")
    return table(curves)


def table(curves: list[LearningCurve]) -> str:
    """Two lines for each learner: after its best epoch and after its last."""
    headings = ("learner", "parameters", "sentences", "after epoch", "loss", "held out", "right", "held out")
    lines = []
    for curve in curves:
        for epoch in sorted({curve.best, len(curve.points)}):
            given, new = curve.points[epoch - 1]
            learner = curve.learner
            lines.append(
                (
                    learner.name,
                    f"{curve.parameters:,}",
                    f"{learner.sentences:,}",
                    f"{epoch}",
                    f"{given.loss:.2f}",
                    f"{new.loss:.2f}",
                    f"{given.accuracy:.0%}",
                    f"{new.accuracy:.0%}",
                )
            )
    return aligned(headings, lines)


def draw(curves: list[LearningCurve], file: Path) -> None:
    """Draw one panel for each learner, all with the same axes."""
    with plots.canvas(file, (9.0, 3.2), "Loss after each epoch") as picture:
        for axes, curve in zip(picture.subplots(1, len(curves), sharey=True), curves, strict=True):
            _panel(axes, curve)
        worst = max(max(point.training.loss, point.held_out.loss) for each in curves for point in each.points)
        picture.axes[0].set_ylim(0, 1.05 * worst)
        picture.axes[0].set_ylabel("loss", color=plots.INK)
        picture.axes[0].legend(frameon=False, labelcolor=plots.INK, fontsize=9)


def _panel(axes: Any, curve: LearningCurve) -> None:
    at = range(1, len(curve.points) + 1)
    best = curve.points[curve.best - 1].held_out.loss
    axes.plot(at, [point.training.loss for point in curve.points], "--", color=plots.INK, label="training")
    axes.plot(at, [point.held_out.loss for point in curve.points], color=plots.OURS, label="held out")
    axes.plot([curve.best], [best], "o", color=plots.OURS)
    axes.set_title(curve.learner.name, loc="left", fontsize=11)
    axes.set_xlabel("epoch", color=plots.INK)
    axes.tick_params(colors=plots.INK)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(plots.INK)
