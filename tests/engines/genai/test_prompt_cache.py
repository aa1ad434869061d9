"""A conversation's next turn starts from what was read before it, and is answered as without that."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import onnxruntime_genai as og
import pytest

from inference.convert.genai import recipe
from inference.engines.genai import prompt_cache
from inference.engines.genai.engine import GenaiEngine, load
from inference.engines.genai.prompt_cache import PromptCache
from tests.support.models import converted
from tests.support.models.decoders import TAG, make_snapshot, source_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from inference.cache.artifact import Artifact

TEXT = "the old harbour wakes before dawn while gulls argue over bread and every boat answers in turn"
WORDS = TEXT.split()
GREEDY = {"max_new_tokens": 8}


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    snapshot = make_snapshot(tmp_path_factory.mktemp("llama"), "llama")
    source = source_of(snapshot, "fp32")
    parent = tmp_path_factory.mktemp("artifacts")
    return converted.convert(recipe, source, parent, engine="genai", head=TAG)[0]


@pytest.fixture
def engine(artifact: Artifact) -> GenaiEngine:
    return load(artifact, TAG, 1)


@pytest.fixture(scope="module")
def forgetful(artifact: Artifact) -> GenaiEngine:
    engine = load(artifact, TAG, 1)
    engine.caches_prompts = False
    return engine


class Counted:
    """onnxruntime-genai's generators, and how many tokens each was given to read."""

    def __init__(self, model: Any, options: Any) -> None:
        self._generator = REAL(model, options)
        READ.append(0)

    def append_tokens(self, ids: list[int]) -> None:
        READ[-1] += len(ids)
        self._generator.append_tokens(ids)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._generator, name)


REAL = og.Generator
READ: list[int] = []


@pytest.fixture(autouse=True)
def read(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Tokens read by each generator, in the order of their making."""
    monkeypatch.setattr(og, "Generator", Counted)
    READ.clear()
    yield READ


def words(count: int, seed: int = 1) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=count))


def ids_of(engine: GenaiEngine, prompt: Any, parameters: Mapping[str, Any] = GREEDY) -> list[int | None]:
    return [piece.token_id for piece in engine.stream(prompt, parameters).pieces]


def test_a_second_turn_is_read_from_where_the_first_ended(engine: GenaiEngine, read: list[int]) -> None:
    first = words(24)
    prompt_tokens = engine.stream(first, GREEDY).prompt_tokens
    read.clear()
    ids_of(engine, first)
    ids_of(engine, f"{first} {words(5, 2)}")
    (all_read,) = read  # one generator for both
    second_tokens = engine.stream(f"{first} {words(5, 2)}", GREEDY).prompt_tokens
    assert prompt_tokens < all_read <= second_tokens + 2


def test_turns_are_answered_as_by_an_engine_that_keeps_nothing(
    engine: GenaiEngine, forgetful: GenaiEngine, read: list[int]
) -> None:
    chance = random.Random(7)
    prompts = [words(20, seed) for seed in range(3)]
    for turn in range(30):
        prompt = chance.choice(prompts)
        grown = f"{prompt} {words(chance.randrange(1, 9), turn)}"
        prompts[prompts.index(prompt)] = grown if len(grown) < 400 else words(20, turn)
        given: dict[str, Any] = {"max_new_tokens": chance.choice([1, 8, 20])}
        if chance.random() < 0.3:
            given["repetition_penalty"] = 1.3
        if chance.random() < 0.2:  # a caller who leaves
            pieces = engine.stream(prompt, given).pieces
            next(pieces)
            pieces.close()
        assert ids_of(engine, prompt, given) == ids_of(forgetful, prompt, given)
    assert len(read) < 60  # some of the engine's were saved


@pytest.mark.parametrize(
    "given",
    [
        {"do_sample": True, "seed": 3},
        {"min_new_tokens": 4},
        {"logprobs": 1},
        {"logit_bias": {5: 1.0}},
    ],
    ids=lambda given: next(reversed(given)),
)
def test_what_depends_on_more_than_the_tokens_begins_anew(
    engine: GenaiEngine, forgetful: GenaiEngine, read: list[int], given: dict[str, Any]
) -> None:
    prompt = words(30)
    answers = [ids_of(engine, prompt, {**GREEDY, **given}) for _ in range(2)]
    assert len(read) == 2
    assert answers == [ids_of(forgetful, prompt, {**GREEDY, **given})] * 2


def test_another_search_begins_anew(engine: GenaiEngine, read: list[int]) -> None:
    prompt = words(30)
    for given in ({}, {"repetition_penalty": 1.2}, {"do_sample": True, "top_k": 3}):
        ids_of(engine, prompt, {**GREEDY, **given})
    assert len(read) == 3


def test_a_conversation_beyond_the_bound_is_not_kept(
    engine: GenaiEngine, read: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    bytes_a_token = engine._facts.token_bytes
    monkeypatch.setattr(prompt_cache, "MOST_BYTES", 32 * bytes_a_token)
    engine._cache = PromptCache(engine._facts.context, bytes_a_token)
    assert engine._cache.room(20) == 32
    prompt = words(40)
    ids_of(engine, prompt)
    assert engine._cache._generator is None
    ids_of(engine, prompt)
    assert len(read) == 2


def test_a_state_that_cannot_go_back_is_let_go() -> None:
    class Stuck:
        def rewind_to(self, length: int) -> None:
            raise RuntimeError("not for this model")

    cache = PromptCache(1000, 64)
    options = {"max_length": 100, "min_length": 0}
    cache.keep(Stuck(), range(50), options)
    assert cache.take(range(60), options) is None
    assert cache._generator is None


def test_it_can_be_switched_off(forgetful: GenaiEngine, read: list[int]) -> None:
    for _ in range(2):
        ids_of(forgetful, words(30))
    assert len(read) == 2
    assert forgetful._cache._generator is None
