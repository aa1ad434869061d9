"""LlamaIndex by OpenAI's form, and by text-embeddings-inference's."""

from __future__ import annotations

from typing import Any

from llama_index.core import Document, VectorStoreIndex, set_global_tokenizer
from llama_index.core.llms import ChatMessage
from llama_index.core.schema import NodeWithScore, TextNode
from llama_index.core.tools import FunctionTool
from llama_index.embeddings.openai_like import OpenAILikeEmbedding
from llama_index.embeddings.text_embeddings_inference import TextEmbeddingsInference
from llama_index.llms.openai_like import OpenAILike
from llama_index.postprocessor.tei_rerank import TextEmbeddingInference as Reranker
from pydantic import BaseModel

from tests.clients.python import asked


class Person(BaseModel):
    """What :data:`asked.PERSON` says, as the client's users write it."""

    name: str
    age: int


def _model(url: str, **options: Any) -> OpenAILike:
    given = {
        "max_tokens": 60,
        "temperature": 0,
        "timeout": asked.TIMEOUT_S,
        "max_retries": 0,
        "is_chat_model": True,
        "is_function_calling_model": True,
        **options,
    }
    return OpenAILike(model="default", api_base=f"{url}chat/v1", api_key=asked.KEY, **given)


def _embeddings(url: str) -> OpenAILikeEmbedding:
    return OpenAILikeEmbedding(model_name="default", api_base=f"{url}embeddings/v1", api_key=asked.KEY)


def chat(url: str) -> None:
    asked.check_capital(_model(url).chat([ChatMessage(content=asked.QUESTION)]).message.content)


def stream(url: str) -> None:
    chunks = [chunk.delta for chunk in _model(url).stream_chat([ChatMessage(content=asked.QUESTION)])]
    assert len(chunks) > 3
    asked.check_capital("".join(chunk or "" for chunk in chunks))


def tools(url: str) -> None:
    def get_weather(city: str) -> str:
        """The weather in a city."""
        return f"sunny in {city}"

    model = _model(url)
    tool = FunctionTool.from_defaults(get_weather)
    reply = model.chat_with_tools([tool], "What is the weather in Paris?", tool_required=True)
    (call,) = model.get_tool_calls_from_response(reply)
    asked.check_call(call.tool_name, call.tool_kwargs)


def structured(url: str) -> None:
    model = _model(url, should_use_structured_outputs=True).as_structured_llm(Person)
    assert isinstance(model.chat([ChatMessage(content=asked.ASKED_FOR_PERSON)]).raw, Person)


def generation(url: str) -> None:
    asked.check_capital(_model(url, is_chat_model=False, max_tokens=8).complete(asked.PROMPT).text)


def embeddings(url: str) -> None:
    asked.check_vectors(_embeddings(url).get_text_embedding_batch([*asked.NEAR, asked.FAR]))


def rerank(url: str) -> None:
    """By text-embeddings-inference's route."""
    ranker = Reranker(base_url=f"{url}rerank", top_n=2, timeout=asked.TIMEOUT_S)
    nodes = [NodeWithScore(node=TextNode(text=text)) for text in asked.RANKED]
    ranked = ranker.postprocess_nodes(nodes, query_str=asked.QUERY)
    assert ranked[0].node.get_content() == asked.RANKED[asked.BEST]


def index(url: str) -> None:
    """With the defaults: 100 texts a call."""
    texts = asked.documents()
    set_global_tokenizer(str.split)  # in place of OpenAI's, which it would get from the network
    documents = [Document(text=text) for text in texts]
    built = VectorStoreIndex.from_documents(documents, embed_model=_embeddings(url))
    found = built.as_retriever(similarity_top_k=1).retrieve(texts[-1])
    assert found[0].node.get_content() == texts[-1]


def row_22(url: str) -> None:
    """Its client of text-embeddings-inference, with one text and with several."""
    model = TextEmbeddingsInference(
        model_name="default", base_url=f"{url}embeddings", timeout=asked.TIMEOUT_S, truncate_text=True
    )
    asked.check_vectors(model.get_text_embedding_batch([*asked.NEAR, asked.FAR]))
    assert len(model.get_query_embedding(asked.QUERY)) == 384
