"""Under-fitting and over-fitting: three learners, measured on what they had and on what they had not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bench import plots
from bench.experiments.learner import (
    HELD_OUT,
    MOST,
    Network,
    Point,
    epochs,
    material,
    parameters,
    plan,
    score,
)
from bench.experiments.table import aligned

if TYPE_CHECKING:
    from pathlib import Path

SEED = 0
EPOCHS = 10
FEW = 400


@dataclass(frozen=True)
class Learner:
    """A network, and the sentences that it is given."""

    name: str
    network: Network
    sentences: int
    masked: float = 0.0
    """Share of the words that training hides, so that no sentence is the same twice."""


LEARNERS = (
    Learner("too small", Network(width=2), MOST),
    Learner("too few sentences", Network(width=64, heads=4), FEW),
    Learner("enough of both", Network(width=32, heads=4, dropout=0.2), MOST, masked=0.3),
)


@dataclass(frozen=True)
class Course:
    """What a learner came to, epoch by epoch."""

    learner: Learner
    parameters: int
    points: tuple[Point, ...]

    @property
    def best(self) -> int:
        """The epoch, counted from 1, after which sentences that are new were judged best."""
        losses = [point.held_out.loss for point in self.points]
        return losses.index(min(losses)) + 1

    @property
    def worst(self) -> float:
        """The highest loss, which the picture must have room for."""
        return max(score.loss for point in self.points for score in point)


def take(learner: Learner, count: int) -> Course:
    """Train a learner for so many epochs; no more of its own sentences are measured than of new ones."""
    given, new = material().training[: learner.sentences], material().held_out
    model = learner.network.build(SEED)
    points = [
        Point(score(model, given[:HELD_OUT]), score(model, new))
        for _ in epochs(model, given, plan(learner.masked), count)
    ]
    return Course(learner, parameters(model), tuple(points))


def run(folder: Path, tiny: bool = False) -> str:
    """Train all, draw them, and give the table."""
    learners = [replace(each, sentences=FEW) for each in LEARNERS] if tiny else LEARNERS
    courses = [take(learner, 2 if tiny else EPOCHS) for learner in learners]
    draw(courses, folder / "fitting.svg")
    return table(courses)


def table(courses: list[Course]) -> str:
    """A line a learner and moment: after its best epoch, and after its last."""
    headings = ("learner", "parameters", "sentences", "after epoch", "loss", "held out", "right", "held out")
    lines = []
    for course in courses:
        for epoch in sorted({course.best, len(course.points)}):
            given, new = course.points[epoch - 1]
            learner = course.learner
            lines.append(
                (
                    learner.name,
                    f"{course.parameters:,}",
                    f"{learner.sentences:,}",
                    f"{epoch}",
                    f"{given.loss:.2f}",
                    f"{new.loss:.2f}",
                    f"{given.accuracy:.0%}",
                    f"{new.accuracy:.0%}",
                )
            )
    return aligned(headings, lines)


def draw(courses: list[Course], file: Path) -> None:
    """One panel a learner, all on the same axes."""
    with plots.canvas(file, (9.0, 3.2), "Loss after each epoch") as picture:
        for axes, course in zip(picture.subplots(1, len(courses), sharey=True), courses, strict=True):
            _panel(axes, course)
        worst = max(
            max(point.training.loss, point.held_out.loss) for each in courses for point in each.points
        )
        picture.axes[0].set_ylim(0, 1.05 * worst)
        picture.axes[0].set_ylabel("loss", color=plots.INK)
        picture.axes[0].legend(frameon=False, labelcolor=plots.INK, fontsize=9)


def _panel(axes: Any, course: Course) -> None:
    at = range(1, len(course.points) + 1)
    best = course.points[course.best - 1].held_out.loss
    axes.plot(at, [point.training.loss for point in course.points], "--", color=plots.INK, label="training")
    axes.plot(at, [point.held_out.loss for point in course.points], color=plots.OURS, label="held out")
    axes.plot([course.best], [best], "o", color=plots.OURS)
    axes.set_title(course.learner.name, loc="left", fontsize=11)
    axes.set_xlabel("epoch", color=plots.INK)
    axes.tick_params(colors=plots.INK)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(plots.INK)
