"""Lists in parallel: the same bytes as one input alone, in every form, on threads, in bounded memory."""

from __future__ import annotations

import json
import threading
import weakref
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference.convert.onnx import export, variants
from inference.convert.onnx.lists import RecordedSession
from inference.convert.tokenizer import write_tokenizer
from inference.engines.onnx import engine as onnx
from inference.engines.onnx import session as sessions
from inference.engines.onnx.heads import head_class
from inference.engines.onnx.session import Session, is_small
from inference.engines.torch.encoder import load_model
from inference.task import Call
from tests.support.models.heads import LONG, TEXTS, converted, make_model

if TYPE_CHECKING:
    from pathlib import Path

TAGS = (
    "feature-extraction",
    "sentence-similarity",
    "question-answering",
    "text-classification",
    "text-ranking",
    "token-classification",
    "zero-shot-classification",
)
VARIANTS = ("int8", "int8-rows", "int8-rows-narrow", "int8-blockwise", "fp32")
PARAMETERS: dict[str, dict[str, Any]] = {
    "zero-shot-classification": {"candidate_labels": ["good", "bad", "Oslo"], "multi_label": True}
}
WAIT_S = 60

pytestmark = pytest.mark.filterwarnings("default")  # torch's export warns

made_up = st.text(min_size=1, max_size=60).map(lambda text: f"a{text}")
texts = st.one_of(st.sampled_from([*TEXTS[:-1], LONG]), made_up)
lists = st.lists(texts, min_size=1, max_size=24)


def as_input(tag: str, text: str) -> Any:
    if tag == "question-answering":
        return {"question": "Who moved?", "context": text}
    if tag == "sentence-similarity":
        return {"source_sentence": text, "sentences": [TEXTS[1], text, LONG]}
    if tag == "text-ranking":
        return {"query": TEXTS[1], "texts": [text, LONG, TEXTS[0]]}
    return text


@pytest.fixture(scope="module")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A tiny model for each tag, exported; its variants are made from it."""
    made: dict[str, Path] = {}
    for tag in TAGS:
        if tag == "sentence-similarity":
            made[tag] = made["feature-extraction"]  # they share a model
            continue
        folder = make_model(tmp_path_factory.mktemp(tag), tag, "bert")
        write_tokenizer(folder, folder)
        model = load_model(folder, tag, 1, attention="eager")
        export.export(model, folder / "exported.onnx", head_class(tag).OUTPUTS)
        made[tag] = folder
    return made


def written(folder: Path, name: str) -> Path:
    target = folder / f"{name}.onnx"
    if not target.exists():
        graph = folder / "exported.onnx"
        (variant,) = (each for each in variants.variants_of("auto", graph) if each.name == name)
        variant.write(graph, target)
    return target


CASES = [
    *(("feature-extraction", name) for name in VARIANTS),
    *((tag, name) for tag in TAGS if tag != "feature-extraction" for name in ("int8", "fp32")),
]


@pytest.mark.parametrize(("tag", "name"), CASES)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=lists)
@pytest.mark.sliced(4)
def test_a_list_is_answered_as_its_items_are_alone(
    graphs: dict[str, Path], tag: str, name: str, asked: list[str]
) -> None:
    path = written(graphs[tag], name)
    session = Session(path, 2, runs_lists_in_parallel=True)
    head = HEADS.setdefault((tag, name), head_class(tag)(path.parent, session))
    inputs = [as_input(tag, text) for text in asked]
    parameters = PARAMETERS.get(tag, {})
    together = head.run(Call(inputs, parameters, is_list=True))
    alone = [head.run(Call([each], parameters, is_list=False)) for each in inputs]
    assert together.results == [outcome.results[0] for outcome in alone]  # floats, compared exactly
    assert together.tokens == sum(outcome.tokens for outcome in alone)
    assert together.truncated == sum(outcome.truncated for outcome in alone)


def test_the_size_of_a_result_is_known_before_it(graphs: dict[str, Path]) -> None:
    cases: list[tuple[str, dict[str, Any], int]] = [
        ("feature-extraction", {}, 32),
        ("feature-extraction", {"dimensions": 10}, 10),
        ("sentence-similarity", {}, 3),
        ("text-classification", {}, 2),
        ("text-classification", {"top_k": 1}, 1),
    ]
    for tag, asked, most in cases:
        path = written(graphs[tag], "fp32")
        head = head_class(tag)(path.parent, Session(path, 1))
        call = Call([as_input(tag, "Good.")], asked, is_list=True)
        size = head.result_size(call)
        assert size is not None
        (result,) = head.run(call).results
        assert (size.numbers, len(result)) == (most, most)
        if tag == "text-classification":
            assert size.chars >= len(json.dumps([{**entry, "score": 0} for entry in result]))


HEADS: dict[tuple[str, str], Any] = {}
"""Loaded once for all examples."""


def ids(*lengths: int) -> list[dict[str, Any]]:
    """Inputs of a model, so many tokens long."""
    rows = [np.full((1, length), 7, np.int64) for length in lengths]
    return [{"input_ids": row, "attention_mask": row * 0 + 1, "token_type_ids": row * 0} for row in rows]


@pytest.fixture
def path(graphs: dict[str, Path]) -> Path:
    return written(graphs["feature-extraction"], "fp32")


def test_two_inputs_run_at_once(path: Path) -> None:
    both = threading.Barrier(2)

    def take(index: int, outputs: Any) -> int:
        both.wait(WAIT_S)  # breaks unless another thread comes here too
        return index

    session = Session(path, 2, runs_lists_in_parallel=True)
    assert session.map(ids(4, 9, 9, 2), take) == [0, 1, 2, 3]


@pytest.mark.parametrize("why", ["not proven", "one thread", "large weights", "short list"])
def test_otherwise_inputs_run_one_by_one(path: Path, monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    if why == "large weights":
        monkeypatch.setattr(sessions, "MOST_WEIGHT_BYTES", 1000)
        assert not is_small(path)
    opened = count_sessions(monkeypatch)
    session = Session(path, 1 if why == "one thread" else 2, runs_lists_in_parallel=why != "not proven")
    inputs = ids(4, 9) if why == "short list" else ids(4, 9, 9, 2)
    threads = session.map(inputs, lambda index, outputs: threading.current_thread())
    assert set(threads) == {threading.current_thread()}
    assert len(opened) == 1


def count_sessions(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Threads of each session that is opened from now on."""
    opened: list[int] = []
    real = sessions._open

    def open_(path: Path, threads: int, **options: bool) -> Any:
        opened.append(threads)
        return real(path, threads, **options)

    monkeypatch.setattr(sessions, "_open", open_)
    return opened


def test_who_sends_no_list_pays_for_no_second_session(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = count_sessions(monkeypatch)
    session = Session(path, 2, runs_lists_in_parallel=True)
    session(ids(5)[0])
    assert opened == [2]
    for _ in range(2):
        session.map(ids(5, 6, 7), lambda index, outputs: None)
    assert opened == [2, 1]


def test_outputs_of_a_long_list_do_not_pile_up(path: Path) -> None:
    held: list[weakref.ref[Any]] = []
    most = []

    def take(index: int, outputs: Any) -> None:
        held.append(weakref.ref(outputs[0]))
        most.append(sum(each() is not None for each in held))

    Session(path, 2, runs_lists_in_parallel=True).map(ids(*[9] * 40), take)
    assert len(held) == 40
    assert max(most) <= 4  # one in each thread's hands, and perhaps its last one


def test_an_error_ends_the_list(path: Path) -> None:
    taken = []
    has_failed = threading.Event()

    def take(index: int, outputs: Any) -> None:
        if index == 1:
            has_failed.set()
            raise ValueError("one")
        assert has_failed.wait(60)  # the other thread has not run through the list by then
        taken.append(index)

    session = Session(path, 2, runs_lists_in_parallel=True)
    with pytest.raises(ValueError, match="one"):
        session.map(ids(3, 60, *[3] * 40), take)  # the longest comes first
    assert len(taken) < 42
    assert session.map(ids(3, 4, 5), lambda index, outputs: index) == [0, 1, 2]


@pytest.mark.parametrize("threads", [1, 2])
def test_the_conversion_tells_whether_bits_change(
    path: Path, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inference.convert.onnx.lists.WORTH", 1e9)  # a busy machine measures anything
    recorded = RecordedSession(path, threads)
    assert recorded.choose() == onnx.SERIAL  # nothing was seen
    for each in ids(4, 9, 33):
        recorded(each)
    assert recorded.choose() == onnx.PARALLEL
    recorded._hashes[0] = "0"
    assert recorded.choose() == onnx.SERIAL


@pytest.mark.parametrize("threads", [1, 2])
def test_too_little_memory_for_a_second_session_ends_no_conversion(
    path: Path, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = RecordedSession(path, threads)
    recorded(ids(4)[0])
    recorded(ids(5)[0])
    recorded(ids(6)[0])

    def open_(path: Path, threads: int, **options: bool) -> Any:
        raise RuntimeError("std::bad_alloc")

    monkeypatch.setattr(sessions, "_open", open_)
    assert recorded.choose() == onnx.SERIAL


def test_a_slower_way_is_not_chosen(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inference.convert.onnx.lists.WORTH", 0.0)
    recorded = RecordedSession(path, 2)
    for each in ids(4, 9, 33):
        recorded(each)
    assert recorded.choose() == onnx.SERIAL


class Clock:
    """Time that passes only where a session is opened or run."""

    OPEN_S = 100.0
    RUN_S: ClassVar = {1: 0.5, 2: 1.0}
    """By the threads of a session."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._lock = threading.Lock()

    def open(self, path: Path, threads: int, **options: bool) -> Any:
        run = OPEN(path, threads, **options)
        self._pass(self.OPEN_S)

        def timed(inputs: Any) -> Any:
            self._pass(self.RUN_S[threads])
            return run(inputs)

        return timed

    def _pass(self, seconds: float) -> None:
        with self._lock:
            self.now_s += seconds


OPEN = sessions._open


def test_opening_the_second_session_is_not_held_against_lists(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(sessions, "_open", clock.open)
    monkeypatch.setattr("inference.convert.onnx.lists.time.perf_counter", lambda: clock.now_s)
    recorded = RecordedSession(path, 2)
    for each in ids(4, 9, 33):
        recorded(each)
    assert recorded.choose() == onnx.PARALLEL


def test_the_manifest_decides_how_lists_are_run(graphs: dict[str, Path], tmp_path: Path) -> None:
    artifact = converted(graphs["feature-extraction"], "feature-extraction", tmp_path, "int8")
    assert artifact.manifest.lists == onnx.PARALLEL  # made with one thread: compared, not measured
    head: Any = onnx.load(artifact, "feature-extraction", 2)
    assert head._forward._is_parallel
