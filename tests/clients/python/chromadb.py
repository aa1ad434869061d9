"""Chroma, by its embedding functions of OpenAI's form and of the Hub's."""

from __future__ import annotations

import os

import chromadb
from chromadb.utils import embedding_functions

from tests.clients.python import asked

os.environ["CHROMA_KEY"] = asked.KEY


def _function(url: str) -> embedding_functions.OpenAIEmbeddingFunction:
    return embedding_functions.OpenAIEmbeddingFunction(
        api_key_env_var="CHROMA_KEY", api_base=f"{url}embeddings/v1", model_name="default"
    )


def embeddings(url: str) -> None:
    """By both forms."""
    hub = embedding_functions.HuggingFaceEmbeddingServer(url=f"{url}embeddings/embed")
    for function in (_function(url), hub):
        asked.check_vectors(function([*asked.NEAR, asked.FAR]))


def index(url: str) -> None:
    """All that is added at once is one call, so it is added as OpenAI's own limit says."""
    client = chromadb.EphemeralClient()
    notes = client.create_collection("notes", embedding_function=_function(url))
    texts = asked.documents()
    for start in range(0, len(texts), asked.MOST_TEXTS):
        some = texts[start : start + asked.MOST_TEXTS]
        notes.add(ids=[str(start + number) for number in range(len(some))], documents=some)
    assert notes.count() == asked.INDEXED
    assert notes.query(query_texts=[texts[-1]], n_results=1)["documents"] == [[texts[-1]]]
