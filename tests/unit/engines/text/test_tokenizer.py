"""What a model reads of a text or a pair that does not fit: the library's cut, without what it cuts off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from inference.engines.text.tokenizer import TextTokenizer
from tests.support.models.heads import WINDOW, tokenizer_of

if TYPE_CHECKING:
    from pathlib import Path

KINDS = ("wordpiece", "bytelevel", "metaspace")
LENGTHS = (0, 1, 30, 31, 32, 62, 400)
"""Words of one token each; a pair has 60 or 61 tokens beside its special ones."""


@pytest.fixture(scope="module", params=KINDS)
def tokenizer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TextTokenizer:
    folder: Path = tmp_path_factory.mktemp(request.param)
    tokenizer_of(request.param).save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(f'{{"model_max_length": {WINDOW}}}')
    return TextTokenizer(folder)


def by_library(tokenizer: TextTokenizer, text: str, pair: str | None, cut: str, side: str) -> dict[str, Any]:
    tokenizer.raw.enable_truncation(WINDOW, strategy=cut, direction=side)
    encoding = tokenizer.raw.encode(text, pair)
    return {
        "input_ids": [encoding.ids],
        "attention_mask": [encoding.attention_mask],
        "token_type_ids": [encoding.type_ids],
    }


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("second", [None, *LENGTHS])
@pytest.mark.parametrize("first", LENGTHS)
def test_a_pair_is_cut_as_the_library_does(
    tokenizer: TextTokenizer, first: int, second: int | None, side: str
) -> None:
    text, pair = "a " * first, None if second is None else "b " * second
    encoded = tokenizer.encode(text, pair, side=side)
    read = {name: values.tolist() for name, values in encoded.inputs.items()}
    assert read == by_library(tokenizer, text, pair, "longest_first", side)
    assert encoded.tokens == len(read["input_ids"][0]) <= WINDOW
    assert encoded.was_cut == (len(tokenizer.encodings(text, pair, None)[0]) > WINDOW)


@pytest.mark.parametrize("cut", ["only_first", "only_second"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_one_text_of_a_pair_stays_whole(tokenizer: TextTokenizer, cut: str, side: str) -> None:
    long, short = "a " * 300, "b " * 7
    texts = (long, short) if cut == "only_first" else (short, long)
    encoded = tokenizer.encode(*texts, cut=cut, side=side)
    read = {name: values.tolist() for name, values in encoded.inputs.items()}
    assert read == by_library(tokenizer, *texts, cut, side)
    assert encoded.was_cut
    with pytest.raises(ValueError, match="leave no room"):
        tokenizer.encode(long, long, cut=cut)


def test_fewer_tokens_than_the_window(tokenizer: TextTokenizer) -> None:
    assert tokenizer.encode("a " * 50, max_tokens=20).tokens == 20
