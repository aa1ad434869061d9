"""The OpenAI agents SDK, by /v1/responses (its default) and by chat completions."""

from __future__ import annotations

import asyncio
from typing import Any

from agents import (
    Agent,
    ModelSettings,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    function_tool,
    set_tracing_disabled,
)
from openai import AsyncOpenAI
from pydantic import BaseModel

from tests.clients.python import asked

set_tracing_disabled(True)


class Person(BaseModel):
    """What :data:`asked.PERSON` says, as the client's users write it."""

    name: str
    age: int


def _agent(url: str, model: Any = OpenAIResponsesModel, **options: Any) -> Agent[Any]:
    client = AsyncOpenAI(base_url=f"{url}chat/v1", api_key=asked.KEY, timeout=asked.TIMEOUT_S, max_retries=0)
    settings = options.pop("model_settings", ModelSettings(temperature=0))
    return Agent("helper", model=model("default", client), model_settings=settings, **options)


def chat(url: str) -> None:
    reply = Runner.run_sync(_agent(url, OpenAIChatCompletionsModel), asked.QUESTION)
    asked.check_capital(reply.final_output)


def responses(url: str) -> None:
    agent = _agent(url, instructions=asked.BRIEFLY)
    asked.check_capital(Runner.run_sync(agent, asked.QUESTION).final_output)


def stream(url: str) -> None:
    async def story() -> list[str]:
        run = Runner.run_streamed(_agent(url, instructions=asked.BRIEFLY), asked.QUESTION)
        return [
            event.data.delta
            async for event in run.stream_events()
            if event.type == "raw_response_event" and event.data.type == "response.output_text.delta"
        ]

    pieces = asyncio.run(story())
    assert len(pieces) > 3
    asked.check_capital("".join(pieces))


def tools(url: str) -> None:
    for model in (OpenAIResponsesModel, OpenAIChatCompletionsModel):
        cities: list[str] = []

        @function_tool
        def get_weather(city: str) -> str:
            """The weather in a city."""
            cities.append(city)  # noqa: B023
            return f"sunny in {city}"

        agent = _agent(
            url,
            model,
            tools=[get_weather],
            model_settings=ModelSettings(tool_choice="required", temperature=0, max_tokens=60),
            tool_use_behavior="stop_on_first_tool",
        )
        reply = Runner.run_sync(agent, "What is the weather in Paris?")
        assert cities
        assert reply.final_output == f"sunny in {cities[0]}"


def structured(url: str) -> None:
    reply = Runner.run_sync(_agent(url, output_type=Person), asked.ASKED_FOR_PERSON)
    assert isinstance(reply.final_output, Person)


def row_27(url: str) -> None:
    """The default way of this SDK, with a tool's turn and its answer in the history."""
    responses(url)
    tools(url)
