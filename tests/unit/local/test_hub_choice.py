"""``HUB=auto`` downloads nothing unless a person says so, and says the size before."""

from __future__ import annotations

import pytest

from inference.task import Model
from local import hub_choice
from local.demo.catalog import EMBEDDED

MODELS = (Model("owner/one"), Model("owner/two"), Model("owner/one"))


def refuse(question: str) -> str:
    raise AssertionError(question)


def test_an_address_is_taken_as_it_is() -> None:
    assert hub_choice.choose("https://hub.example", MODELS, refuse) == "https://hub.example"
    assert hub_choice.choose(EMBEDDED, MODELS, refuse) == EMBEDDED


def test_without_a_hub_the_demo_models_stand_in_and_nobody_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hub_choice, "is_there", lambda _: False)
    assert hub_choice.choose("auto", MODELS, refuse) == EMBEDDED
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(
    ("answer", "taken"),
    [("y", "http://hub.local"), ("YES ", "http://hub.local"), ("", EMBEDDED), ("n", EMBEDDED)],
)
def test_a_person_hears_the_size_and_decides(
    monkeypatch: pytest.MonkeyPatch, answer: str, taken: str
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.local")
    monkeypatch.setattr(hub_choice, "is_there", lambda _: True)
    monkeypatch.setattr(hub_choice, "_size", lambda _, model, *rest: 2_000_000_000)
    asked: list[str] = []

    def reply(question: str) -> str:
        asked.append(question)
        return answer

    assert hub_choice.choose("auto", MODELS, reply) == taken
    assert "4.0 GB for 2 models" in asked[0]


def test_where_nobody_can_answer_nothing_is_downloaded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.local")
    monkeypatch.setattr(hub_choice, "is_there", lambda _: True)
    assert hub_choice.choose("auto", MODELS, None) == EMBEDDED
    assert "HUB=http://hub.local" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("found", "words"),
    [([5_000_000], "5 MB for 1 model"), ([None, 3_200_000_000], "3.2 GB for 1 model, and 1 of unknown size")],
)
def test_sizes_in_words(found: list[int | None], words: str) -> None:
    assert hub_choice.words_of(found) == words
