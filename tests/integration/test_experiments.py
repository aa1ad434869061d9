"""The workshop's experiments show what the workshop says: trained here and now, not remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from bench.experiments import distillation, fitting
from bench.experiments.learner import MAX_SENTENCES, load_corpus
from bench.experiments.sizes import count_parameters
from bench.experiments.table import aligned
from local.demo.evaluation.sentiment import MODEL

if TYPE_CHECKING:
    from pathlib import Path

GUESSING = 0.6
"""Share of right answers, above that of a coin with room for luck."""


@pytest.fixture(scope="module")
def curves() -> dict[str, fitting.LearningCurve]:
    return {learner.name: fitting.train(learner, fitting.EPOCHS) for learner in fitting.LEARNERS}


def test_no_sentence_is_both_trained_on_and_held_out() -> None:
    training, held_out = ({tuple(example.ids) for example in part} for part in load_corpus())
    assert len(training) > 0.99 * MAX_SENTENCES  # some differ in capitals alone
    assert not training & held_out


@pytest.mark.slow
def test_few_sentences_are_learnt_by_heart(curves: dict[str, fitting.LearningCurve]) -> None:
    curve = curves["too few sentences"]
    last = curve.points[-1]
    assert last.training.accuracy - last.held_out.accuracy > 0.25
    # Going on made it worse on what is new, while it went on getting better on what it had.
    best = curve.points[curve.best - 1]
    assert curve.best < len(curve.points)
    assert last.held_out.loss > best.held_out.loss + 0.3
    assert last.training.loss < best.training.loss


@pytest.mark.slow
def test_a_network_that_is_too_small_learns_neither(curves: dict[str, fitting.LearningCurve]) -> None:
    last = curves["too small"].points[-1]
    assert last.training.accuracy < GUESSING
    assert last.held_out.accuracy < GUESSING


@pytest.mark.slow
def test_enough_of_both_holds_on_new_sentences(curves: dict[str, fitting.LearningCurve]) -> None:
    last = curves["enough of both"].points[-1]
    assert last.held_out.accuracy > 0.7
    assert last.training.accuracy - last.held_out.accuracy < 0.15


def test_the_picture_shows_every_point(curves: dict[str, fitting.LearningCurve], tmp_path: Path) -> None:
    file = tmp_path / "fitting.svg"
    fitting.draw(list(curves.values()), file)
    ElementTree.parse(file)
    assert all(name in file.read_text() for name in curves)


@pytest.mark.slow
def test_a_teacher_is_worth_most_where_labels_are_missing() -> None:
    alone, same, more = (distillation.teach_student(lesson, seed=0) for lesson in distillation.LESSONS)
    # On the same sentences its doubts make the student less sure of its mistakes, and no better.
    assert same.loss < alone.loss - 0.3
    assert abs(same.accuracy - alone.accuracy) < 0.08
    assert more.accuracy > alone.accuracy + 0.08


def test_students_learn_equally_long() -> None:
    steps = [lesson.epochs * -(-lesson.sentences // distillation.BATCH) for lesson in distillation.LESSONS]
    assert max(steps) - min(steps) <= 0.05 * distillation.STEPS


def test_the_demo_model_s_parameters_are_counted() -> None:
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(MODEL)
    assert count_parameters(MODEL / "model.safetensors") == sum(each.numel() for each in model.parameters())


def test_figures_stand_in_columns() -> None:
    assert aligned(("name", "n"), [("a", "1"), ("longer", "22")]) == "name     n\na        1\nlonger  22"
