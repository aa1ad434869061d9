"""Actions whose bodies other servers' clients send -> what reads them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inference.http.asked import Asked
    from inference.task import Task

READERS = {
    "embed": "inference.http.openai.embeddings:read",
    "embed_texts": "inference.http.tei.embed:read",
    "moderate": "inference.http.openai.moderations:read",
    "predict": "inference.http.tei.predict:read",
    "rank_documents": "inference.http.reranking:read",
    "rank_for_cohere": "inference.http.reranking:read_cohere",
    "rank_texts": "inference.http.tei.rerank:read",
}
"""None is imported before it is asked for."""


def read(action: str, document: Mapping[str, Any], task: Task) -> Asked:
    """Read the body of an action of ``READERS``."""
    module, _, name = READERS[action].partition(":")
    asked: Asked = getattr(import_module(module), name)(document, task)
    return asked
