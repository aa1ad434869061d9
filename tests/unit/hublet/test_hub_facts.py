"""What is known of a model without asking, and from the Hub's page."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError

import pytest

from hublet.failure import Failure
from hublet.hub_facts import HubFacts, NoAnswer, ask_hub, guess_tag
from hublet.task_file import known_tags

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("model", "tag"),
    [
        ("papluca/xlm-roberta-base-language-detection", "text-classification"),
        ("dslim/bert-base-NER", "token-classification"),
        ("openai/whisper-tiny", "automatic-speech-recognition"),
        ("facebook/wav2vec2-base-960h", "automatic-speech-recognition"),
        ("openai/clip-vit-base-patch32", "zero-shot-image-classification"),
        ("Helsinki-NLP/opus-mt-en-fr", "translation"),
        ("sentence-transformers/all-MiniLM-L6-v2", "feature-extraction"),
        ("Qwen/Qwen2.5-0.5B-Instruct", "text-generation"),
        ("google/vit-base-patch16-224", "image-classification"),
        ("facebook/bart-large-mnli", "zero-shot-classification"),
        ("facebook/detr-resnet-50-panoptic", "image-classification"),
        ("someone/something", None),
    ],
)
def test_a_name_suggests_a_kind(model: str, tag: str | None) -> None:
    assert guess_tag(model) == tag
    assert tag is None or tag in known_tags()


def answers(monkeypatch: pytest.MonkeyPatch, reply: Callable[[], Any]) -> None:
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: reply())


def test_a_page_tells_kind_commit_and_safetensors(monkeypatch: pytest.MonkeyPatch) -> None:
    page = {
        "pipeline_tag": "fill-mask",
        "sha": "a" * 40,
        "siblings": [{"rfilename": "model.safetensors"}],
    }
    answers(monkeypatch, lambda: io.BytesIO(json.dumps(page).encode()))
    assert ask_hub("https://hub.example", "a/b") == HubFacts("fill-mask", "a" * 40, has_safetensors=True)


@pytest.mark.parametrize("page", [b"[]", b"no json", b'{"sha": 3}'])
def test_a_strange_page_is_no_answer_or_says_nothing(page: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, lambda: io.BytesIO(page))
    try:
        facts = ask_hub("https://hub.example", "a/b")
    except NoAnswer:
        return
    assert facts == HubFacts(None, None, has_safetensors=False)


@pytest.mark.parametrize(("code", "kind"), [(404, Failure), (401, Failure), (503, NoAnswer)])
def test_a_refusal_is_not_silence(code: int, kind: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Any:
        raise HTTPError("https://hub.example", code, "", None, None)  # type: ignore[arg-type]

    answers(monkeypatch, refuse)
    with pytest.raises(kind):
        ask_hub("https://hub.example", "a/b")


def test_no_network_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Any:
        raise URLError("no route")

    answers(monkeypatch, fail)
    with pytest.raises(NoAnswer):
        ask_hub("https://hub.example", "a/b")
