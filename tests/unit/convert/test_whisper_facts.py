"""Which language and task a Whisper fine-tune is for, in each way that repositories say it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("transformers")
from inference.convert.ctranslate.describe import languages_and_tasks, usual

VOCABULARY = {"<|en|>": 1, "<|hi|>": 2, "<|transcribe|>": 8, "<|translate|>": 9, "<|zz|>": 10, "a": 11}
CODES, TASKS = {"en": 1, "hi": 2}, {"transcribe": 8, "translate": 9}
NEW = {"is_multilingual": True, "lang_to_id": {"<|en|>": 1, "<|hi|>": 2}, "task_to_id": TASKS}
TOKENIZER = SimpleNamespace(get_vocab=lambda: VOCABULARY)


def model_of(vocabulary_size: int, generation: dict[str, Any], **config: Any) -> Any:
    return SimpleNamespace(
        config=SimpleNamespace(vocab_size=vocabulary_size, **config),
        generation_config=SimpleNamespace(**generation),
    )


@pytest.mark.parametrize(
    ("vocabulary_size", "generation", "known"),
    [
        (51_865, NEW, (CODES, TASKS)),
        (51_865, {}, (CODES, TASKS)),
        (51_864, {}, ({}, {})),
        (51_864, {"is_multilingual": False}, ({}, {})),
    ],
    ids=["own settings", "before there were any", "English only, before", "English only"],
)
def test_languages_and_tasks_are_known(
    vocabulary_size: int, generation: dict[str, Any], known: tuple[dict[str, int], dict[str, int]]
) -> None:
    assert languages_and_tasks(model_of(vocabulary_size, generation), TOKENIZER) == known


@pytest.mark.parametrize(
    ("generation", "config", "expected"),
    [
        ({"language": "hindi", "task": "transcribe"}, {}, ("hi", "transcribe")),
        ({"language": "<|en|>"}, {}, ("en", None)),
        ({"language": "martian"}, {}, (None, None)),
        ({"forced_decoder_ids": [[1, None], [2, 8]]}, {}, (None, "transcribe")),
        ({"forced_decoder_ids": [[1, 2], [2, 9]]}, {}, ("hi", "translate")),
        ({}, {"forced_decoder_ids": [[1, 1], [2, 8], [3, 7]]}, ("en", "transcribe")),
        ({"task": "translate"}, {"forced_decoder_ids": [[1, 1]]}, (None, "translate")),
        ({}, {}, (None, None)),
    ],
)
def test_what_a_fine_tune_is_for(
    generation: dict[str, Any], config: dict[str, Any], expected: tuple[str | None, str | None]
) -> None:
    assert usual(model_of(51_865, generation, **config), CODES, TASKS) == expected
