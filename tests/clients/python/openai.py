"""OpenAI's own client."""

from __future__ import annotations

import base64
import io
from typing import Any

import openai
from PIL import Image
from pydantic import BaseModel

from tests.clients.python import asked


class Person(BaseModel):
    """What :data:`asked.PERSON` says, as the client's users write it."""

    name: str
    age: int


def _client(url: str, function: str = "chat") -> openai.OpenAI:
    return openai.OpenAI(
        base_url=f"{url}{function}/v1", api_key=asked.KEY, max_retries=0, timeout=asked.TIMEOUT_S
    )


def chat(url: str) -> None:
    asked.check_capital(_said(url))


def _said(url: str, **options: Any) -> str | None:
    given: dict[str, Any] = {"model": "default", "max_tokens": 12, "temperature": 0, **options}
    with _client(url) as client:
        reply = client.chat.completions.create(messages=asked.MESSAGES, **given)
        return reply.choices[0].message.content


def stream(url: str) -> None:
    with _client(url) as client:
        chunks = list(
            client.chat.completions.create(
                model="default", messages=asked.MESSAGES, max_tokens=12, temperature=0, stream=True
            )
        )
        assert len(chunks) > 3
        asked.check_capital("".join(chunk.choices[0].delta.content or "" for chunk in chunks))


def tools(url: str) -> None:
    options: dict[str, Any] = {"model": "default", "tools": [asked.TOOL], "temperature": 0, "max_tokens": 60}
    named: Any = {"type": "function", "function": {"name": "get_weather"}}
    with _client(url) as client:
        for choice in (named, "required"):
            reply = client.chat.completions.create(
                messages=asked.ASKED_FOR_WEATHER, tool_choice=choice, **options
            )
            (call,) = reply.choices[0].message.tool_calls or []
            asked.check_call(call.function.name, call.function.arguments)
            result = {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
            turns: list[Any] = [*asked.ASKED_FOR_WEATHER, reply.choices[0].message, result]
            said = client.chat.completions.create(messages=turns, **{**options, "tool_choice": "none"})
            assert said.choices[0].message.content


def structured(url: str) -> None:
    messages: Any = [{"role": "user", "content": asked.ASKED_FOR_PERSON}]
    with _client(url) as client:
        reply = client.chat.completions.parse(
            model="default", messages=messages, response_format=Person, temperature=0, max_tokens=100
        )
        assert reply.choices[0].message.parsed


def responses(url: str) -> None:
    with _client(url) as client:
        reply = client.responses.create(model="default", input=asked.QUESTION, temperature=0)
        asked.check_capital(reply.output_text)
        with client.responses.stream(model="default", input=asked.QUESTION, temperature=0) as events:
            said = "".join(each.delta for each in events if each.type == "response.output_text.delta")
        assert said == reply.output_text
        parsed = client.responses.parse(
            model="default", input=asked.ASKED_FOR_PERSON, text_format=Person, max_output_tokens=100
        )
        assert parsed.output_parsed


def generation(url: str) -> None:
    with _client(url) as client:
        options: Any = {"model": "default", "prompt": asked.PROMPT, "max_tokens": 8, "temperature": 0}
        text = client.completions.create(**options).choices[0].text
        asked.check_capital(text)
        chunks = list(client.completions.create(**options, stream=True))
        assert "".join(chunk.choices[0].text for chunk in chunks) == text


def embeddings(url: str) -> None:
    """As base64, which the client asks for and reads by itself, and as numbers."""
    with _client(url, "embeddings") as client:
        given: Any = {"model": "default", "input": [*asked.NEAR, asked.FAR]}
        no_options: Any = {}
        for options in (no_options, {"encoding_format": "float"}):
            reply = client.embeddings.create(**given, **options)
            asked.check_vectors([each.embedding for each in reply.data])


def transcription(url: str) -> None:
    with _client(url, "speech") as client:
        for form in ("json", "text", "srt", "vtt", "verbose_json"):
            heard: Any = client.audio.transcriptions.create(
                file=asked.RECORDING, model="whisper-1", response_format=form
            )
            text = heard if isinstance(heard, str) else heard.text
            assert "library opens" in text.lower(), (form, text)


def images(url: str) -> None:
    with _client(url, "image") as client:
        reply = client.images.generate(
            prompt="A lighthouse", size="64x64", extra_body={"num_inference_steps": 1}
        )
        assert reply.data
        picture = Image.open(io.BytesIO(base64.b64decode(reply.data[0].b64_json or "")))
        assert picture.size == (64, 64)


def row_3(url: str) -> None:
    """OpenAI's limit is 2,048 texts a call."""
    with _client(url, "embeddings") as client:
        texts = asked.documents()[: asked.MOST_TEXTS]
        assert len(client.embeddings.create(model="default", input=texts).data) == asked.MOST_TEXTS


def row_16(url: str) -> None:
    """Ceilings that are lowered."""
    for limit in (4_096, -1):
        asked.check_capital(_said(url, max_tokens=limit, stop=["."]))


def row_18(url: str) -> None:
    """Subtitles have their forms, and words their times."""
    with _client(url, "speech") as client:
        srt: Any = client.audio.transcriptions.create(
            file=asked.RECORDING, model="whisper-1", response_format="srt"
        )
        assert srt.startswith("1\n00:00:0")
        vtt: Any = client.audio.transcriptions.create(
            file=asked.RECORDING, model="whisper-1", response_format="vtt"
        )
        assert vtt.startswith("WEBVTT")
        told = client.audio.transcriptions.create(
            file=asked.RECORDING,
            model="whisper-1",
            response_format="verbose_json",
            timestamp_granularities=["word"],
        )
        assert told.words


def row_20(url: str) -> None:
    """A choice of no tool gives words."""
    asked.check_capital(_said(url, tools=[asked.TOOL], tool_choice="none"))


def row_21(url: str) -> None:
    """Numbers of another model's tokens: an error that names the client's switch."""
    with _client(url, "embeddings") as client:
        for tokens in ([1037, 4937], [[1037, 4937], [1037]]):
            try:
                client.embeddings.create(model="default", input=tokens)
            except openai.UnprocessableEntityError as error:
                assert "check_embedding_ctx_length" in str(error), error
            else:
                raise AssertionError("these are another model's tokens")


def row_26(url: str) -> None:
    """An empty text among others is named."""
    with _client(url, "embeddings") as client:
        try:
            client.embeddings.create(model="default", input=["one", "", "three"])
        except openai.UnprocessableEntityError as error:
            assert "input[1]" in str(error), error
        else:
            raise AssertionError("an empty text has no vector")
