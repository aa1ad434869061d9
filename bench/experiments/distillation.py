"""Knowledge distillation, seen: one small network, taught by labels alone and by a larger one's answers."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import torch
from transformers import BertForSequenceClassification

from bench import plots
from bench.experiments.learner import Network, Score, epochs, material, parameters, plan, score
from bench.experiments.table import aligned
from local.demo.measure_sentiment import MODEL
from local.demo.sentiment_training import NO_LABEL, Example, predict

if TYPE_CHECKING:
    from pathlib import Path

STUDENT = Network(width=32, heads=4, dropout=0.2)
MASKED = 0.3
LABELLED = 400
UNLABELLED = 3_600
SOFT_SHARE = 0.7
SEEDS = (0, 1, 2)
STEPS = 640
"""For every student, so that none learns longer."""
BATCH = 64
TEACHER = "the teacher itself"


@dataclass(frozen=True)
class Lesson:
    """What a student is shown."""

    name: str
    soft_share: float
    unlabelled: int = 0
    """Sentences that have the teacher's answers alone."""

    @property
    def sentences(self) -> int:
        return LABELLED + self.unlabelled

    @property
    def epochs(self) -> int:
        return round(STEPS / -(-self.sentences // BATCH))

    def examples(self) -> list[Example]:
        """The labelled sentences are the same in every lesson."""
        labelled, others = answered()[:LABELLED], answered()[LABELLED : self.sentences]
        return labelled + [example._replace(label=NO_LABEL) for example in others]


LESSONS = (
    Lesson("labels alone", 0.0),
    Lesson("labels, and the teacher's answers to them", SOFT_SHARE),
    Lesson("labels, and the teacher's answers to more", SOFT_SHARE, UNLABELLED),
)


@cache
def teacher() -> Any:
    """The demo model, itself the student of a larger one; its training had none of these sentences."""
    return BertForSequenceClassification.from_pretrained(MODEL, dtype=torch.float32)


@cache
def answered() -> list[Example]:
    """Sentences with what the teacher says to them, doubts included."""
    examples = material().training[: LABELLED + UNLABELLED]
    soft = predict(teacher(), [example.ids for example in examples]).tolist()
    return [example._replace(soft=tuple(pair)) for example, pair in zip(examples, soft, strict=True)]


def taught(lesson: Lesson, seed: int, tiny: bool = False) -> Score:
    """A student of this lesson, judged on sentences that neither it nor the teacher has seen."""
    student = STUDENT.build(seed)
    for _ in epochs(
        student, lesson.examples(), plan(MASKED, lesson.soft_share), 1 if tiny else lesson.epochs
    ):
        pass
    return score(student, material().held_out)


def run(folder: Path, tiny: bool = False) -> str:
    """Teach every lesson from several beginnings, draw, and give the table."""
    seeds = SEEDS[:1] if tiny else SEEDS
    found = {lesson.name: [taught(lesson, seed, tiny) for seed in seeds] for lesson in LESSONS}
    master = score(teacher(), material().held_out)
    draw({**found, TEACHER: [master]}, folder / "distillation.svg")
    return table(found, master)


def table(found: dict[str, list[Score]], master: Score) -> str:
    """The mean of a lesson's students, with the least and the most that they got right; then the teacher."""
    student, large = (f"{parameters(model):,}" for model in (STUDENT.build(0), teacher()))
    sentences = {lesson.name: f"{LABELLED} + {lesson.unlabelled:,}" for lesson in LESSONS}
    lines = [
        (name, student, sentences[name], *_figures(average(scores)), _range(scores))
        for name, scores in found.items()
    ]
    headings = ("taught by", "parameters", "sentences", "loss", "right", "range")
    return aligned(headings, [*lines, (TEACHER, large, "", *_figures(master), "")])


def _figures(score: Score) -> tuple[str, str]:
    return f"{score.loss:.2f}", f"{score.accuracy:.0%}"


def average(scores: list[Score]) -> Score:
    """Of students that began differently."""
    return Score(*(statistics.mean(values) for values in zip(*scores, strict=True)))


def _range(scores: list[Score]) -> str:
    found = [each.accuracy * 100 for each in scores]
    return f"{min(found):.0f}-{max(found):.0f}%"


def draw(found: dict[str, list[Score]], file: Path) -> None:
    """How many of the new sentences each got right, with a line for guessing."""
    names = list(found)
    right = [average(scores).accuracy for scores in found.values()]
    title = "Right on new sentences (guessing: 50%)"
    with plots.canvas(file, (7.5, 2.4), title) as picture:
        axes = picture.subplots()
        colors = [plots.PEER, plots.OURS, plots.OURS, plots.PEER]
        axes.barh(names, right, height=plots.THICK, color=colors)
        axes.axvline(0.5, color=plots.INK, linestyle="--", linewidth=1)
        for place, share in enumerate(right):
            axes.text(share + 0.01, place, f"{share:.0%}", va="center", fontsize=10)
        axes.set_title(title, loc="left", fontsize=11)
        plots.bare(axes, 1.1)
