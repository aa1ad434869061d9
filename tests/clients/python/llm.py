"""The command-line tool and library llm, with a model of OpenAI's form."""

from __future__ import annotations

from typing import Any

from llm.default_plugins.openai_models import Chat

from tests.clients.python import asked


def _model(url: str) -> Chat:
    options: dict[str, Any] = {"supports_schema": True, "supports_tools": True}
    model = Chat("hublet", model_name="default", api_base=f"{url}chat/v1", **options)
    model.key = asked.KEY
    return model


def chat(url: str) -> None:
    asked.check_capital(_model(url).prompt(asked.QUESTION, stream=False, max_tokens=12, temperature=0).text())


def stream(url: str) -> None:
    pieces = list(_model(url).prompt(asked.QUESTION, max_tokens=12, temperature=0))
    assert len(pieces) > 3
    asked.check_capital("".join(pieces))


def structured(url: str) -> None:
    reply = _model(url).prompt(asked.ASKED_FOR_PERSON, schema=asked.PERSON, max_tokens=60, temperature=0)
    asked.check_person(reply.text())
