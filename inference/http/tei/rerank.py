"""``POST /rerank``: a query and texts in, their scores out, best first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.fields import Field, Flag, Text, Words
from inference.http import reranking
from inference.http.asked import Asked
from inference.http.openai import body
from inference.http.response import Answer
from inference.http.tei import truncation
from inference.task import Call

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inference.engines.engine import Outcome
    from inference.task import Task

FIELDS: tuple[Field, ...] = (
    Text("query", "What is asked.", max_chars=20_000),
    Words(
        Text("texts", "What may answer it.", max_chars=20_000),
        max_items=2048,
        is_required=True,
        keeps_doubles=True,
    ),
    Flag("raw_scores", "Whether scores are logits instead of numbers from 0 to 1.", default=False),
    Flag("return_text", "Whether each text stands beside its score."),
    *truncation.FIELDS,
)


def read(document: Mapping[str, Any], task: Task) -> Asked:
    """Read a body. With ``documents`` it is in Jina's form, which vLLM and its clients have at this path."""
    if "documents" in document:
        return reranking.read(document, task)
    values = body.read(document, FIELDS, ("query", "texts"), {})
    item = {"query": values.pop("query"), "texts": values.pop("texts")}
    return Asked(
        model=body.choose_model(task, document.get("model")),
        call=Call([item], values | truncation.parameters(values), is_list=False),
        present=_present,
    )


def _present(outcome: Outcome, request_id: str) -> Answer:
    """``[{"index": int, "score": float}, ...]``, with ``text`` where it was asked for."""
    return Answer(outcome.results[0])
