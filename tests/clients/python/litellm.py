"""litellm, as its users name a server of OpenAI's form."""

from __future__ import annotations

from typing import Any

import litellm

from tests.clients.python import asked

MODEL = "openai/default"


def _options(url: str, function: str = "chat") -> dict[str, Any]:
    return {"api_base": f"{url}{function}/v1", "api_key": asked.KEY, "timeout": asked.TIMEOUT_S}


def chat(url: str) -> None:
    reply = litellm.completion(MODEL, asked.MESSAGES, max_tokens=12, temperature=0, **_options(url))
    asked.check_capital(reply.choices[0].message.content)


def stream(url: str) -> None:
    chunks = list(
        litellm.completion(MODEL, asked.MESSAGES, max_tokens=12, temperature=0, stream=True, **_options(url))
    )
    assert len(chunks) > 3
    asked.check_capital("".join(chunk.choices[0].delta.content or "" for chunk in chunks))


def tools(url: str) -> None:
    reply = litellm.completion(
        MODEL,
        asked.ASKED_FOR_WEATHER,
        tools=[asked.TOOL],
        tool_choice="required",
        max_tokens=60,
        **_options(url),
    )
    (call,) = reply.choices[0].message.tool_calls
    asked.check_call(call.function.name, call.function.arguments)


def structured(url: str) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "person", "schema": asked.PERSON, "strict": True}}
    messages = [{"role": "user", "content": asked.ASKED_FOR_PERSON}]
    reply = litellm.completion(MODEL, messages, max_tokens=60, response_format=form, **_options(url))
    asked.check_person(reply.choices[0].message.content)


def responses(url: str) -> None:
    reply = litellm.responses(asked.QUESTION, MODEL, temperature=0, **_options(url))
    asked.check_capital(reply.output_text)


def generation(url: str) -> None:
    reply = litellm.text_completion(
        asked.PROMPT, model=f"text-completion-{MODEL}", max_tokens=8, temperature=0, **_options(url)
    )
    asked.check_capital(reply.choices[0].text)


def embeddings(url: str) -> None:
    reply = litellm.embedding(MODEL, [*asked.NEAR, asked.FAR], **_options(url, "embeddings"))
    asked.check_vectors([each["embedding"] for each in reply.data])


def rerank(url: str) -> None:
    """By its provider for vLLM, which has Jina's form; it takes a base that ends in /rerank for the route."""
    reply = litellm.rerank(
        "hosted_vllm/default",
        asked.QUERY,
        asked.RANKED,
        top_n=2,
        api_base=f"{url}rerank/rerank",
        api_key=asked.KEY,
    )
    assert reply.results[0]["index"] == asked.BEST


def transcription(url: str) -> None:
    with asked.RECORDING.open("rb") as file:
        heard = litellm.transcription("openai/whisper-1", file, **_options(url, "speech"))
    assert "library opens" in heard.text.lower()


def images(url: str) -> None:
    reply = litellm.image_generation(
        "A lighthouse", model="openai/default", size="64x64", num_inference_steps=1, **_options(url, "image")
    )
    assert reply.data[0].b64_json
