"""Made-up questions, sorted texts and the dictionary: right by construction, and none of them in a test."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from local.demo.corpus.answers import facts, make_answer, words
from local.demo.corpus.topics import of_topics, topics
from local.demo.corpus.wordnet import capitals, names, read_entries, sentences
from local.demo.evaluation.classification import read_labelled
from local.demo.evaluation.fill_mask import Gap, accuracy, read_gaps
from local.demo.evaluation.question_answering import Question, overlap, read_questions
from local.demo.evaluation.question_answering import accuracy as answer_accuracy

if TYPE_CHECKING:
    from pathlib import Path

NOUNS = """\
  1 This software and database is being provided to you
00000001 15 n 01 Paris 0 001 @i 00000002 n 0000 | the capital and largest city of France; and more
00000002 15 n 01 city 0 000 | a large town; "they live in the city"
"""


def test_an_answer_stands_where_the_made_up_context_says() -> None:
    rng = random.Random(5)
    for _ in range(300):
        made = make_answer(rng, ["Oslo"], ["salmon"])
        answer = made.context[made.start : made.end]
        assert answer.strip() == answer != ""
        assert "{" not in made.question + made.context
        assert made.end <= len(made.context)


def test_every_question_is_answered_by_a_slot_of_its_fact() -> None:
    known = {*words(), "person", "year", "number", "place"}
    for fact in facts():
        for _, slot in fact.asks:
            assert slot in known
            assert any(f"{{{slot}}}" in says for says in fact.says), (fact.says[0], slot)


def test_what_is_measured_is_not_trained_on() -> None:
    texts = {text for topic in topics() for text in topic.texts}
    assert not texts & {row.text for row in read_labelled()}
    rng = random.Random(6)
    made = {make_answer(rng, ["Oslo"], ["salmon"]).context for _ in range(2000)}
    assert not made & {each.context for each in read_questions()}
    assert all(each.answer in each.context for each in read_questions())
    assert all(each.text.count("<mask>") == 1 and each.words for each in read_gaps())


def test_wrong_labels_are_not_near_the_text() -> None:
    rng = random.Random(7)
    make = of_topics(rng)
    of_text = {text: topic for topic in topics() for text in topic.texts}
    for _ in range(500):
        each = make()
        topic = of_text[each.text]
        assert each.right in topic.labels
        assert not {*each.wrong} & {*topic.labels, *topic.near}


def test_a_dictionary_becomes_sentences(tmp_path: Path) -> None:
    for kind in ("noun", "verb", "adj", "adv"):
        (tmp_path / f"data.{kind}").write_text(NOUNS if kind == "noun" else "")
    entries = read_entries(tmp_path)
    assert list(sentences(entries)) == [
        "Paris is the capital and largest city of France.",
        "They live in the city.",
        "A city is a large town.",
    ]
    assert list(capitals(entries)) == ["Paris is the capital of France."]
    assert names(entries, "city") == ["Paris"]


def test_figures_count_as_they_say() -> None:
    assert overlap("in the 1912", "1912") == 1
    assert overlap("Clara Stein built", "Clara Stein") == 0.8
    asked = [Question("?", "cat dog", "cat"), Question("?", "cat dog", "dog")]
    assert answer_accuracy(["cat", "cat"], asked).exact == 0.5
    gaps = [Gap("<mask>", ["x"]), Gap("<mask>", ["y"])]
    assert accuracy(gaps, [["x", "z"], ["z", "y"]]) == (0.5, 1.0)
