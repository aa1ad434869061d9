"""pydantic-ai: agents by chat completions and by responses, with tools and typed output."""

from __future__ import annotations

import asyncio
from typing import Any

from openai import AsyncOpenAI
from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

from tests.clients.python import asked


class Person(BaseModel):
    """What :data:`asked.PERSON` says, as the client's users write it."""

    name: str
    age: int


def _agent(url: str, model: Any = OpenAIChatModel, **options: Any) -> Agent[Any, Any]:
    client = AsyncOpenAI(base_url=f"{url}chat/v1", api_key=asked.KEY, timeout=asked.TIMEOUT_S, max_retries=0)
    settings = {"temperature": 0, "max_tokens": 80}
    return Agent(
        model("default", provider=OpenAIProvider(openai_client=client)), model_settings=settings, **options
    )


def chat(url: str) -> None:
    asked.check_capital(_agent(url).run_sync(asked.QUESTION).output)


def responses(url: str) -> None:
    asked.check_capital(_agent(url, OpenAIResponsesModel).run_sync(asked.QUESTION).output)


def stream(url: str) -> None:
    async def story() -> list[str]:
        async with _agent(url).run_stream(asked.QUESTION) as run:
            return [text async for text in run.stream_text(delta=True, debounce_by=None)]

    pieces = asyncio.run(story())
    assert len(pieces) > 3
    asked.check_capital("".join(pieces))


def tools(url: str) -> None:
    """Typed output is a tool that must be called."""
    assert isinstance(_agent(url, output_type=Person).run_sync(asked.ASKED_FOR_PERSON).output, Person)


def structured(url: str) -> None:
    agent = _agent(url, output_type=NativeOutput(Person))
    assert isinstance(agent.run_sync(asked.ASKED_FOR_PERSON).output, Person)


def row_20(url: str) -> None:
    """An agent with a tool that it may call."""
    agent = _agent(url)

    @agent.tool_plain
    def get_weather(city: str) -> str:
        """The weather in a city."""
        return f"sunny in {city}"

    assert agent.run_sync("What is the weather in Paris?").output
