"""``POST /v1/rerank`` in Jina's form, ``POST /v2/rerank`` in that of Cohere's second API."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from inference.errors import InvalidField, printable
from inference.fields import Field, Flag, Integer, Several, Text, json_type
from inference.http.asked import Asked
from inference.http.openai import body
from inference.http.response import Answer
from inference.task import Call

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inference.engines.engine import Outcome
    from inference.task import Model, Task

MOST_DOCUMENTS = 2048


@dataclass(frozen=True)
class Documents(Several):
    """A list of texts, each a string or ``{"text": ...}``."""

    item: Text

    def read(self, value: Any, at: str) -> list[str]:
        if not isinstance(value, list):
            raise InvalidField(at, f"must be a list of texts, not {json_type(value)}")
        self.check_count(value, at)
        return [self._read_one(each, f"{at}[{index}]") for index, each in enumerate(value)]

    def _read_one(self, value: Any, at: str) -> str:
        if not isinstance(value, dict):
            return self.item.read(value, at)
        for name in value:
            if name != "text":
                raise InvalidField(f"{at}.{printable(name)}", "is not supported; known: text")
        return self.item.read(value.get("text"), f"{at}.text")

    def schema(self) -> dict[str, Any]:
        one = self.item.schema()
        labelled = {
            "type": "object",
            "properties": {"text": one},
            "required": ["text"],
            "additionalProperties": False,
        }
        items = {"anyOf": [one, labelled]}
        return {"type": "array", "items": items, "minItems": 1, "maxItems": self.max_items}


FIELDS: tuple[Field, ...] = (
    Text("query", "What is asked.", max_chars=20_000),
    Documents(Text("documents", "What may answer it: texts, or {text} objects.", 20_000), MOST_DOCUMENTS),
    Integer("top_n", "Keep only the best so many; all by default.", minimum=1, maximum=1_000_000),
    Flag("return_documents", "Whether each text stands beside its score; true by default.", default=True),
    Integer("max_tokens_per_doc", "Read only so many tokens of each text.", minimum=1, maximum=1_000_000),
)
COHERE_FIELDS = tuple(field for field in FIELDS if field.name != "return_documents")
NEUTRAL: dict[str, tuple[Any, ...]] = {"return_embeddings": (False,)}
WITHOUT_EFFECT = ("priority",)
"""Of Cohere's: how soon a call is worked on."""


def read(document: Mapping[str, Any], task: Task) -> Asked:
    """Read a body of Jina's form."""
    values = body.read(document, FIELDS, ("query", "documents"), NEUTRAL)
    return _asked(document, task, values, _present)


def read_cohere(document: Mapping[str, Any], task: Task) -> Asked:
    """Read a body of Cohere's second form, which never gives texts back."""
    given = {name: value for name, value in document.items() if name not in WITHOUT_EFFECT}
    values = body.read(given, COHERE_FIELDS, ("query", "documents"), {})
    return _asked(document, task, values, _present_for_cohere)


def _asked(document: Mapping[str, Any], task: Task, values: Mapping[str, Any], present: Any) -> Asked:
    item = {"query": values["query"], "texts": values["documents"]}
    parameters = {
        "raw_scores": False,
        "return_text": values.get("return_documents"),
        "top_n": values["top_n"],
        "max_text_tokens": values["max_tokens_per_doc"],
    }
    model = body.choose_model(task, document.get("model"))
    return Asked(model, Call([item], parameters, is_list=False), partial(present, model))


def _present(model: Model, outcome: Outcome, request_id: str) -> Answer:
    usage = {"prompt_tokens": outcome.tokens, "total_tokens": outcome.tokens}
    return Answer({"model": model.id, "usage": usage, "results": _results(outcome.results[0])})


def _present_for_cohere(model: Model, outcome: Outcome, request_id: str) -> Answer:
    meta = {"api_version": {"version": "2"}, "tokens": {"input_tokens": outcome.tokens}}
    return Answer({"id": request_id, "results": _results(outcome.results[0]), "meta": meta})


def _results(ranked: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Best first; scores are from 0 to 1."""
    found: list[dict[str, Any]] = []
    for entry in ranked:
        shown = {"document": {"text": entry["text"]}} if "text" in entry else {}
        found.append({"index": entry["index"], "relevance_score": entry["score"], **shown})
    return found
