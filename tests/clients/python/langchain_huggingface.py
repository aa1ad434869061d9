"""LangChain by the Hub's client: a function's URL as the endpoint."""

from __future__ import annotations

from langchain_huggingface import ChatHuggingFace, HuggingFaceEndpoint, HuggingFaceEndpointEmbeddings

from tests.clients.python import asked


def _endpoint(url: str, **options: object) -> HuggingFaceEndpoint:
    return HuggingFaceEndpoint(endpoint_url=f"{url}chat", timeout=asked.TIMEOUT_S, **options)


def chat(url: str) -> None:
    model = ChatHuggingFace(llm=_endpoint(url, max_new_tokens=12, temperature=0.01), model_id="default")
    assert model.invoke(asked.QUESTION).content


def stream(url: str) -> None:
    model = ChatHuggingFace(llm=_endpoint(url, max_new_tokens=12), model_id="default")
    assert len(list(model.stream(asked.QUESTION))) > 3


def tools(url: str) -> None:
    model = ChatHuggingFace(llm=_endpoint(url, max_new_tokens=60), model_id="default")
    bound = model.bind_tools([asked.TOOL], tool_choice="get_weather")
    (call,) = bound.invoke(asked.ASKED_FOR_WEATHER).tool_calls
    asked.check_call(call["name"], call["args"])


def structured(url: str) -> None:
    model = ChatHuggingFace(llm=_endpoint(url, max_new_tokens=60), model_id="default")
    schema = {"title": "person", "description": "A person", **asked.PERSON}
    asked.check_person(
        model.with_structured_output(schema, method="json_schema").invoke(asked.ASKED_FOR_PERSON)
    )


def generation(url: str) -> None:
    asked.check_capital(_endpoint(url, max_new_tokens=8, do_sample=False).invoke(asked.PROMPT))


def embeddings(url: str) -> None:
    model = HuggingFaceEndpointEmbeddings(model=f"{url}embeddings")
    asked.check_vectors(model.embed_documents([*asked.NEAR, asked.FAR]))


def row_2(url: str) -> None:
    """The defaults: typical_p 0.95, watermark, an empty list of stops; whole and in pieces."""
    endpoint = _endpoint(url, max_new_tokens=8)
    assert endpoint.typical_p == 0.95
    assert endpoint.invoke(asked.PROMPT)
    assert len(list(endpoint.stream(asked.PROMPT))) > 2
