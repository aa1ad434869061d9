"""Haystack, by its components of OpenAI's form."""

from __future__ import annotations

from typing import Any

from haystack import Document
from haystack.components.embedders import OpenAIDocumentEmbedder, OpenAITextEmbedder
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
from haystack.dataclasses import ChatMessage
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.tools import Tool
from haystack.utils import Secret

from tests.clients.python import asked

KEY = Secret.from_token(asked.KEY)


def _generator(url: str, **options: Any) -> OpenAIChatGenerator:
    given = {"max_tokens": 60, "temperature": 0, **options.pop("generation_kwargs", {})}
    return OpenAIChatGenerator(
        model="default",
        api_base_url=f"{url}chat/v1",
        api_key=KEY,
        timeout=asked.TIMEOUT_S,
        max_retries=0,
        generation_kwargs=given,
        **options,
    )


def _embedder(url: str) -> OpenAIDocumentEmbedder:
    return OpenAIDocumentEmbedder(
        model="default", api_base_url=f"{url}embeddings/v1", api_key=KEY, progress_bar=False
    )


def chat(url: str) -> None:
    reply = _generator(url).run([ChatMessage.from_user(asked.QUESTION)])
    asked.check_capital(reply["replies"][0].text)


def stream(url: str) -> None:
    chunks: list[str] = []
    generator = _generator(url, streaming_callback=lambda chunk: chunks.append(chunk.content))
    generator.run([ChatMessage.from_user(asked.QUESTION)])
    assert len(chunks) > 3
    asked.check_capital("".join(chunks))


def tools(url: str) -> None:
    weather = asked.WEATHER
    tool = Tool(
        name=str(weather["name"]),
        description=str(weather["description"]),
        parameters=weather["parameters"],
        function=lambda city: f"sunny in {city}",
    )
    generator = _generator(url, tools=[tool], generation_kwargs={"tool_choice": "required"})
    reply = generator.run([ChatMessage.from_user("What is the weather in Paris?")])
    (call,) = reply["replies"][0].tool_calls
    asked.check_call(call.tool_name, call.arguments)


def structured(url: str) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "person", "schema": asked.PERSON, "strict": True}}
    generator = _generator(url, generation_kwargs={"response_format": form})
    reply = generator.run([ChatMessage.from_user(asked.ASKED_FOR_PERSON)])
    asked.check_person(reply["replies"][0].text)


def embeddings(url: str) -> None:
    texts = [Document(content=text) for text in (*asked.NEAR, asked.FAR)]
    asked.check_vectors([each.embedding for each in _embedder(url).run(texts)["documents"]])


def index(url: str) -> None:
    """With the defaults: 32 texts a call."""
    texts = asked.documents()
    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    store.write_documents(_embedder(url).run([Document(content=text) for text in texts])["documents"])
    assert store.count_documents() == asked.INDEXED
    embedder = OpenAITextEmbedder(model="default", api_base_url=f"{url}embeddings/v1", api_key=KEY)
    retriever = InMemoryEmbeddingRetriever(store, top_k=1)
    found = retriever.run(embedder.run(texts[-1])["embedding"])["documents"]
    assert found[0].content == texts[-1]
