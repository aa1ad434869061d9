"""Question answering against a reference written here, on torch and transformers' own tokenizer.

transformers 5 has no such pipeline any more; the reference goes through every span by the rules that the last
one had, and for long contexts through every window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from inference.engines.onnx import engine as onnx
from inference.engines.onnx.answer_text import word_edges
from inference.engines.onnx.model_types import ANSWERING_MODEL_TYPES
from inference.errors import InvalidField
from inference.task import Call
from tests.support.models.heads import LONG, ODD, TEXTS, WINDOW, converted, make_model, on_torch

if TYPE_CHECKING:
    from pathlib import Path

TAG = "question-answering"
QUESTION = "Where did Maria move?"
ITEMS = [{"question": QUESTION, "context": text} for text in TEXTS if text.strip()]
LONG_ITEM = {"question": QUESTION, "context": LONG}

pytestmark = pytest.mark.filterwarnings("default")


class Reference:
    """Brute force over torch."""

    def __init__(self, snapshot: Path) -> None:
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer

        self.tokenizer = AutoTokenizer.from_pretrained(snapshot)
        self.model = AutoModelForQuestionAnswering.from_pretrained(snapshot).eval()

    def spans(
        self, question: str, context: str, longest: int = 15, stride: int | None = None
    ) -> tuple[list[tuple[float, int, int]], float]:
        """Score, first and last character of every span of words, best first; and of "no answer".

        Spans are grown to whole words: a tokenizer may split off a space, which alone is no answer.
        """
        import torch

        beside = len(self.tokenizer(question, add_special_tokens=False).input_ids)
        room = WINDOW - beside - self.tokenizer.num_special_tokens_to_add(pair=True)
        shared = room // 2 if stride is None else stride
        encoded = self.tokenizer(
            question,
            context,
            truncation="only_second",
            max_length=WINDOW,
            stride=shared,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        given = set(self.tokenizer.model_input_names)
        best: dict[int, tuple[int, float, float, tuple[int, int]]] = {}
        nothing: list[tuple[float, float]] = []
        first = 0
        windows = len(encoded.input_ids)
        for number in range(windows):
            inputs = {name: torch.tensor([encoded[name][number]]) for name in given if name in encoded}
            with torch.inference_mode():
                output = self.model(**inputs)
            starts, ends = output.start_logits[0].tolist(), output.end_logits[0].tolist()
            nothing.append((starts[0], ends[0]))
            places = [at for at, side in enumerate(encoded.sequence_ids(number)) if side == 1]
            for order, at in enumerate(places):
                before = order if number else len(LONG)
                after = len(places) - 1 - order if number < windows - 1 else len(LONG)
                known = best.get(first + order)
                if known is None or min(before, after) > known[0]:
                    offsets = word_edges(encoded.encodings[number], at, context)
                    best[first + order] = (min(before, after), starts[at], ends[at], offsets)
            first += len(places) - shared
        none = min(nothing, key=sum)
        start = np.exp([*(best[token][1] for token in sorted(best)), none[0]])
        end = np.exp([*(best[token][2] for token in sorted(best)), none[1]])
        start, end = start / start.sum(), end / end.sum()
        found = [
            (start[a] * end[b], best[a][3][0], best[b][3][1])
            for a in range(len(best))
            for b in range(a, min(a + longest, len(best)))
            if context[best[a][3][0] : best[b][3][1]].strip()
        ]
        return sorted(found, reverse=True), start[-1] * end[-1]


def call(head: Any, items: list[dict[str, str]], **parameters: Any) -> list[list[dict[str, Any]]]:
    result: list[list[dict[str, Any]]] = head.run(Call(items, parameters, is_list=True)).results
    return result


@pytest.fixture(scope="module", params=sorted(ANSWERING_MODEL_TYPES))
def snapshot(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp(request.param), TAG, request.param)


def test_the_best_answer_is_the_best_of_all_spans(snapshot: Path) -> None:
    head, reference = on_torch(snapshot, TAG), Reference(snapshot)
    for longest in (1, 15):
        answers = call(head, ITEMS, max_answer_len=longest)
        for item, found in zip(ITEMS, answers, strict=True):
            spans, _ = reference.spans(item["question"], item["context"], longest)
            best = spans[0]
            assert found[0]["score"] == pytest.approx(best[0], abs=1e-4)
            assert found[0]["answer"] == item["context"][found[0]["start"] : found[0]["end"]]
            blank = len(item["context"][best[1] :]) - len(item["context"][best[1] :].lstrip())
            assert found[0]["start"] <= best[1] + blank
            assert found[0]["end"] >= len(item["context"][: best[2]].rstrip())


def test_a_long_context_is_read_to_its_end(snapshot: Path) -> None:
    head, reference = on_torch(snapshot, TAG), Reference(snapshot)
    for stride in (None, 0, 10):
        found = call(head, [LONG_ITEM], doc_stride=stride)[0][0]
        spans, _ = reference.spans(QUESTION, LONG, stride=stride)
        assert found["score"] == pytest.approx(spans[0][0], abs=1e-4)
        assert found["answer"] == LONG[found["start"] : found["end"]]
    everywhere = call(head, [LONG_ITEM], top_k=200, max_answer_len=1)[0]
    assert max(answer["end"] for answer in everywhere) > len(LONG) * 0.7
    assert sum(answer["score"] for answer in everywhere) <= 1
    assert head.run(Call([LONG_ITEM], {}, is_list=True)).truncated == 0


def test_several_answers_differ_and_none_is_one_where_allowed(snapshot: Path) -> None:
    head, reference = on_torch(snapshot, TAG), Reference(snapshot)
    item = ITEMS[1]
    found = call(head, [item], top_k=5)[0]
    assert len({answer["answer"].casefold() for answer in found}) == len(found) == 5
    assert found == sorted(found, key=lambda answer: -answer["score"])
    assert found[0] == call(head, [item])[0][0]
    everything = call(head, [item], top_k=500, handle_impossible_answer=True)[0]
    nothing = [answer for answer in everything if answer["answer"] == ""]
    _, expected = reference.spans(item["question"], item["context"])
    assert nothing == [{"answer": "", "score": pytest.approx(expected, abs=1e-4), "start": 0, "end": 0}]
    assert not [answer for answer in call(head, [item], top_k=500)[0] if answer["answer"] == ""]


def test_every_answer_is_whole_words_of_the_context(snapshot: Path) -> None:
    head = on_torch(snapshot, TAG)
    odd = [{"question": QUESTION, "context": text} for text in ODD]
    for item in [*ITEMS, *odd, LONG_ITEM]:
        for answer in call(head, [item], top_k=50)[0]:
            start, end, context = answer["start"], answer["end"], item["context"]
            assert answer["answer"] == context[start:end] == context[start:end].strip()
            if context.isascii():
                assert not (context[start - 1 : start].isalpha() and context[start].isalpha())
                assert not (context[end - 1].isalpha() and context[end : end + 1].isalpha())


def test_answers_that_are_not_aligned_are_the_tokens_alone(snapshot: Path) -> None:
    head, reference = on_torch(snapshot, TAG), Reference(snapshot)
    differing = 0
    for item in ITEMS:
        context = item["context"]
        encoded = reference.tokenizer(item["question"], context, return_offsets_mapping=True)
        tokens = [
            span
            for span, side in zip(encoded["offset_mapping"], encoded.sequence_ids(), strict=True)
            if side == 1
        ]
        begins = {start + len(context[start:]) - len(context[start:].lstrip()) for start, _ in tokens}
        ends = {len(context[:end].rstrip()) for _, end in tokens}
        found = call(head, [item], top_k=50, align_to_words=False)[0]
        assert {answer["start"] for answer in found} <= begins
        assert {answer["end"] for answer in found} <= ends
        assert all(answer["answer"] == context[answer["start"] : answer["end"]] for answer in found)
        aligned = call(head, [item], top_k=50, align_to_words=True)[0]
        assert aligned == call(head, [item], top_k=50)[0]
        differing += found != aligned
    assert differing


def test_it_tells_how_many_tokens_it_read(snapshot: Path) -> None:
    head, reference = on_torch(snapshot, TAG), Reference(snapshot)
    outcome = head.run(Call(ITEMS, {}, is_list=True))
    pairs = [(item["question"], item["context"]) for item in ITEMS]
    read = [reference.tokenizer(*pair)["input_ids"] for pair in pairs]
    assert outcome.tokens == sum(map(len, read))


def test_a_batch_answers_as_its_items_do_alone(snapshot: Path) -> None:
    head = on_torch(snapshot, TAG)
    items = [*ITEMS, LONG_ITEM]
    assert call(head, items, top_k=3) == [call(head, [item], top_k=3)[0] for item in items]


def test_limits_are_kept_or_refused(snapshot: Path) -> None:
    head = on_torch(snapshot, TAG)
    long_question = {"question": "Where " * 100, "context": LONG}
    outcome = head.run(Call([long_question, ITEMS[1]], {}, is_list=True))
    assert outcome.results[0]
    assert outcome.truncated == 1
    assert call(head, [{"question": "Where " * 100, "context": LONG}], max_question_len=3)
    refused = [
        ({"max_seq_len": WINDOW + 1}, r"parameters.max_seq_len: must be at most 64"),
        ({"max_seq_len": 8, "max_question_len": 8}, r"parameters.max_seq_len: leaves no room"),
        ({"doc_stride": 60}, r"parameters.doc_stride: must be less than \d+"),
    ]
    for parameters, message in refused:
        with pytest.raises(InvalidField, match=message):
            call(head, [LONG_ITEM], **parameters)
    for empty in ("", " \n"):
        found = []
        try:
            found = call(head, [{"question": QUESTION, "context": empty}])[0]
        except InvalidField as error:
            assert str(error) == "inputs[0].context: holds no text to answer from"
        assert found == []


def test_limits_that_are_kept_one_by_one_may_not_add_up_to_too_much(snapshot: Path) -> None:
    """Windows that share all their tokens but one: as many windows as tokens, and gigabytes of them."""
    head = on_torch(snapshot, TAG)
    room = head._tokenizer.room(QUESTION, WINDOW)
    context = "Maria moved to Oslo. " * 2_300
    forward: list[Any] = []
    head._forward = forward.append
    with pytest.raises(
        InvalidField, match=r"parameters.doc_stride: \d+ makes [\d,]+ windows of this text"
    ) as told:
        call(head, [{"question": QUESTION, "context": context}], doc_stride=room - 1)
    assert "at most 4,096 are read" in str(told.value)
    assert forward == []


def test_words_without_spaces_are_left_as_the_model_cut_them() -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    known = "?▁abcdefghijklmnopqrstuvwxyzP.東京は日本\u0301"
    letters = {letter: number for number, letter in enumerate(known)}
    tokenizer = Tokenizer(models.BPE(letters, [], unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A", pair="$A $B:1", special_tokens=[])
    context = "in Paris. 東京は日本 e\u0301tat"
    encoding = tokenizer.encode("who", context)

    def grown(character: str) -> str:
        place = context.index(character)
        at = next(
            i
            for i, (start, end) in enumerate(encoding.offsets)
            if encoding.sequence_ids[i] == 1 and start <= place < end
        )
        start, end = word_edges(encoding, at, context)
        return context[start:end].strip()

    assert grown("r") == "Paris"  # the word without its full stop
    assert grown("京") == "京"
    assert grown("t") == "e\u0301tat"  # a combining mark belongs to its letter


def test_a_converted_model_answers_the_same(tmp_path: Path) -> None:
    snapshot = make_model(tmp_path / "model", TAG, "bert")
    artifact = converted(snapshot, TAG, tmp_path / "artifacts", "fp32", (*ITEMS, *TEXTS, LONG))
    assert artifact.manifest.drift["answer_agreement"] == 1.0
    assert artifact.manifest.drift["max_score_difference"] < 1e-4
    engine, head = onnx.load(artifact, TAG, 1), on_torch(snapshot, TAG)
    items = [*ITEMS, LONG_ITEM]
    for found, expected in zip(call(engine, items), call(head, items), strict=True):
        assert {**found[0], "score": 0} == {**expected[0], "score": 0}
        assert found[0]["score"] == pytest.approx(expected[0]["score"], abs=1e-4)


def test_int8_says_how_far_it_is_from_torch(tmp_path: Path) -> None:
    snapshot = make_model(tmp_path / "model", TAG, "bert", spread=0.05)
    artifact = converted(snapshot, TAG, tmp_path / "artifacts", "int8", (*ITEMS, *TEXTS, LONG))
    figures = artifact.manifest.drift
    assert figures["questions"] > len(ITEMS)
    assert 0.5 < figures["answer_overlap"] <= 1
    assert 0 < figures["max_score_difference"] < 0.2
    assert call(onnx.load(artifact, TAG, 1), ITEMS)[0][0]["answer"]
