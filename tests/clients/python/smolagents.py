"""smolagents: its models, and an agent with a tool."""

from __future__ import annotations

from smolagents import OpenAIServerModel, ToolCallingAgent, tool

from tests.clients.python import asked


@tool
def get_weather(city: str) -> str:
    """The weather in a city.

    Args:
        city: its name
    """
    return f"sunny in {city}"


def _model(url: str) -> OpenAIServerModel:
    return OpenAIServerModel(
        model_id="default", api_base=f"{url}chat/v1", api_key=asked.KEY, max_tokens=60, temperature=0
    )


def chat(url: str) -> None:
    asked.check_capital(_model(url).generate(asked.MESSAGES).content)


def stream(url: str) -> None:
    chunks = [delta.content or "" for delta in _model(url).generate_stream(asked.MESSAGES)]
    assert len(chunks) > 3
    asked.check_capital("".join(chunks))


def tools(url: str) -> None:
    """An agent's step is a call of one of its tools; a small model rarely takes the right one."""
    agent = ToolCallingAgent(tools=[get_weather], model=_model(url), max_steps=1, verbosity_level=0)
    agent.run("What is the weather in Paris? Use get_weather.")
    calls = [call for step in agent.memory.get_full_steps() for call in step.get("tool_calls") or []]
    assert calls
    assert {call["function"]["name"] for call in calls} <= {"get_weather", "final_answer"}


def structured(url: str) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "person", "schema": asked.PERSON, "strict": True}}
    messages = [{"role": "user", "content": asked.ASKED_FOR_PERSON}]
    asked.check_person(_model(url).generate(messages, response_format=form).content)
