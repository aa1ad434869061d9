"""LangChain by OpenAI's client."""

from __future__ import annotations

from typing import Any

from langchain_core.vectorstores import InMemoryVectorStore
from langchain_openai import ChatOpenAI, OpenAI, OpenAIEmbeddings

from tests.clients.python import asked


def _model(url: str, **options: Any) -> ChatOpenAI:
    given = {"max_tokens": 60, "temperature": 0, "timeout": asked.TIMEOUT_S, "max_retries": 0, **options}
    return ChatOpenAI(model="default", base_url=f"{url}chat/v1", api_key=asked.KEY, **given)


def _embeddings(url: str, **options: Any) -> OpenAIEmbeddings:
    return OpenAIEmbeddings(
        model="default",
        base_url=f"{url}embeddings/v1",
        api_key=asked.KEY,
        check_embedding_ctx_length=False,
        timeout=asked.TIMEOUT_S,
        **options,
    )


def chat(url: str) -> None:
    asked.check_capital(_model(url).invoke(asked.QUESTION).content)


def stream(url: str) -> None:
    chunks = [chunk.content for chunk in _model(url).stream(asked.QUESTION)]
    assert len(chunks) > 3
    asked.check_capital("".join(map(str, chunks)))


def tools(url: str) -> None:
    for choice in ("any", "get_weather"):
        bound = _model(url).bind_tools([asked.TOOL], tool_choice=choice)
        (call,) = bound.invoke(asked.ASKED_FOR_WEATHER).tool_calls
        asked.check_call(call["name"], call["args"])


def structured(url: str) -> None:
    schema = {"title": "person", "description": "A person", **asked.PERSON}
    for method in ("json_schema", "function_calling"):
        model = _model(url).with_structured_output(schema, method=method)
        asked.check_person(model.invoke(asked.ASKED_FOR_PERSON))


def responses(url: str) -> None:
    reply = _model(url, use_responses_api=True).invoke(asked.QUESTION)
    asked.check_capital(reply.text if isinstance(reply.text, str) else reply.text())


def generation(url: str) -> None:
    model = OpenAI(model="default", base_url=f"{url}chat/v1", api_key=asked.KEY, max_tokens=8, temperature=0)
    asked.check_capital(model.invoke(asked.PROMPT))


def embeddings(url: str) -> None:
    asked.check_vectors(_embeddings(url).embed_documents([*asked.NEAR, asked.FAR]))


def index(url: str) -> None:
    """With the defaults: 1,000 texts a call."""
    store = InMemoryVectorStore(_embeddings(url))
    texts = asked.documents()
    store.add_texts(texts)
    (found,) = store.similarity_search(texts[-1], k=1)
    assert len(store.store) == asked.INDEXED
    assert found.page_content == texts[-1]


def row_3(url: str) -> None:
    """1,000 texts a call are the default."""
    assert len(_embeddings(url).embed_documents(asked.documents()[:1_000])) == 1_000


def row_20(url: str) -> None:
    """A choice of no tool, and of all of them."""
    bound = _model(url).bind_tools([asked.TOOL], tool_choice="none")
    assert not bound.invoke(asked.QUESTION).tool_calls
    assert _model(url).bind_tools([asked.TOOL]).invoke(asked.QUESTION) is not None
