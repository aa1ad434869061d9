"""Knowledge distillation: a small network learns from labels alone, or also from a larger network."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import torch
from transformers import BertForSequenceClassification

from bench.experiments.learner import (
    Score,
    TinyBert,
    count_parameters,
    load_corpus,
    make_plan,
    measure_score,
    train_epochs,
)
from bench.experiments.table import aligned
from bench.speed import plots
from local.demo.evaluation.sentiment import MODEL
from local.demo.training.loop import NO_LABEL, TrainingExample, predict

if TYPE_CHECKING:
    from pathlib import Path

STUDENT = TinyBert(width=32, heads=4, dropout=0.2)
MASKED = 0.3
LABELLED = 400
UNLABELLED = 3_600
SOFT_SHARE = 0.7
SEEDS = (0, 1, 2)
STEPS = 640
"""Training steps of every student, the same for all."""
BATCH = 64
TEACHER = "the teacher itself"


@dataclass(frozen=True)
class Lesson:
    """The training set of a student."""

    name: str
    soft_share: float
    unlabelled: int = 0
    """Sentences without labels, which have only the teacher's answers."""

    @property
    def sentences(self) -> int:
        return LABELLED + self.unlabelled

    @property
    def epochs(self) -> int:
        return round(STEPS / -(-self.sentences // BATCH))

    def examples(self) -> list[TrainingExample]:
        """The training examples; the labelled ones are the same in every lesson."""
        labelled, others = label_by_teacher()[:LABELLED], label_by_teacher()[LABELLED : self.sentences]
        return labelled + [example._replace(label=NO_LABEL) for example in others]


LESSONS = (
    Lesson("labels alone", 0.0),
    Lesson("labels, and the teacher's answers to them", SOFT_SHARE),
    Lesson("labels, and the teacher's answers to more", SOFT_SHARE, UNLABELLED),
)


@cache
def load_teacher() -> Any:
    """The demo model, which never saw these sentences. It is itself the student of a larger model."""
    return BertForSequenceClassification.from_pretrained(MODEL, dtype=torch.float32)


@cache
def label_by_teacher() -> list[TrainingExample]:
    """Sentences with the teacher's logits."""
    examples = load_corpus().training[: LABELLED + UNLABELLED]
    soft = predict(load_teacher(), [example.ids for example in examples]).tolist()
    return [example._replace(soft=tuple(pair)) for example, pair in zip(examples, soft, strict=True)]


def teach_student(lesson: Lesson, seed: int, tiny: bool = False) -> Score:
    """Train a student; its score is on sentences that neither it nor the teacher has seen."""
    student = STUDENT.build(seed)
    for _ in train_epochs(
        student, lesson.examples(), make_plan(MASKED, lesson.soft_share), 1 if tiny else lesson.epochs
    ):
        pass
    return measure_score(student, load_corpus().held_out)


def run(folder: Path, tiny: bool = False) -> str:
    """Teach every lesson with several seeds, draw the plot, return the table."""
    seeds = SEEDS[:1] if tiny else SEEDS
    found = {lesson.name: [teach_student(lesson, seed, tiny) for seed in seeds] for lesson in LESSONS}
    teacher_score = measure_score(load_teacher(), load_corpus().held_out)
    draw({**found, TEACHER: [teacher_score]}, folder / "distillation.svg")
    return table(found, teacher_score)


def table(found: dict[str, list[Score]], teacher_score: Score) -> str:
    """For each lesson the mean score of its students, and the range of their accuracy; then the teacher."""
    student, large = (f"{count_parameters(model):,}" for model in (STUDENT.build(0), load_teacher()))
    sentences = {lesson.name: f"{LABELLED} + {lesson.unlabelled:,}" for lesson in LESSONS}
    lines = [
        (name, student, sentences[name], *_figures(average(scores)), _accuracy_range(scores))
        for name, scores in found.items()
    ]
    headings = ("taught by", "parameters", "sentences", "loss", "right", "range")
    return aligned(headings, [*lines, (TEACHER, large, "", *_figures(teacher_score), "")])


def _figures(score: Score) -> tuple[str, str]:
    return f"{score.loss:.2f}", f"{score.accuracy:.0%}"


def average(scores: list[Score]) -> Score:
    """The mean score of students with different seeds."""
    return Score(*(statistics.mean(values) for values in zip(*scores, strict=True)))


def _accuracy_range(scores: list[Score]) -> str:
    found = [each.accuracy * 100 for each in scores]
    return f"{min(found):.0f}-{max(found):.0f}%"


def draw(found: dict[str, list[Score]], file: Path) -> None:
    """Draw the accuracy on new sentences, with a line for guessing."""
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
        plots.hide_frame(axes, 1.1)
