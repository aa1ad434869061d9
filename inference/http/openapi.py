"""``GET /openapi.json``: the routes of one function in OpenAPI 3.1, made from the task's declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.fields import Field, Words
from inference.http import reranking
from inference.http.openai import embeddings, moderations, options, pictures, responses, transcriptions
from inference.http.openai.body import PLACEHOLDERS, WITHOUT_EFFECT
from inference.http.request import FORM_TYPE
from inference.http.routes import MODELS, routes
from inference.http.stream import EVENT_STREAM
from inference.http.tei import embed, predict, rerank
from inference.task_body import TOP_LEVEL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.task import Task

ERROR: dict[str, Any] = {
    "type": "object",
    "properties": {
        "error": {"type": "string"},
        "type": {"type": "string"},
        "request_id": {"type": "string"},
        "estimated_time": {"type": "number"},
    },
    "required": ["error", "type", "request_id"],
}
ERRORS = {
    "400": "The body cannot be read as what it claims to be.",
    "401": "The function asks for a key, and the call shows none that is valid.",
    "406": "None of the accepted content types can be made.",
    "413": "The body or the answer passes the limit.",
    "415": "The content type is none that this function reads.",
    "422": "A field breaks its declared type or limit; the message names it.",
    "424": "The Hub says: no such model, gated, or a token is missing.",
    "429": "Too many calls at once.",
    "500": "The function's fault; its log has the details under the request id.",
    "503": "The model is being prepared, or did not answer in time; Retry-After says when to try again.",
    "507": "The model cache is full.",
}
OPENAI_ERROR = {
    **ERROR,
    "properties": {
        **ERROR["properties"],
        "error": {
            "type": "object",
            "properties": {"message": {"type": "string"}, "type": {"type": "string"}},
            "required": ["message", "type"],
        },
    },
}
KEY: dict[str, Any] = {
    "security": [{"key": []}],
    "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
}
BINARY: dict[str, Any] = {"type": "string", "format": "binary"}
MEDIA_BODIES = {"image": "image/*", "audio": "audio/*"}


def document(task: Task, *, needs_key: bool = False) -> dict[str, Any]:
    """The whole document."""
    operations = {
        "describe": _operation("What this function is.", _json("object")),
        "health": _operation("Whether the model is ready.", _json("object")),
        "openapi": _operation("This document.", _json("object")),
        "models": _operation("The models that a request may name.", _json("object")),
        "infer": _operation(task.summary, _result(task), _infer_body(task)),
        "chat": _operation(
            "Answer a conversation.",
            _stream(),
            _openai_body(task, options.CHAT, "messages"),
            OPENAI_ERROR,
        ),
        "complete": _operation(
            "Continue a text.", _stream(), _openai_body(task, options.TEXT, "prompt"), OPENAI_ERROR
        ),
        "respond": _operation(
            "Answer a conversation, in OpenAI's newer form.",
            _stream(),
            _openai_body(task, responses.FIELDS, "input"),
            OPENAI_ERROR,
        ),
        "embed": _operation(
            "Embed texts.", _json("object"), _openai_body(task, embeddings.FIELDS, "input"), OPENAI_ERROR
        ),
        "transcribe": _operation("Write down what is said.", _heard(), _heard_body(task), OPENAI_ERROR),
        "translate": _operation("Write in English what is said.", _heard(), _heard_body(task), OPENAI_ERROR),
        "info": _operation("What this server is, in the words of TEI.", _json("object")),
        **_of_other_servers(task),
    }
    if task.kind.paints:
        body = _openai_body(task, pictures.fields_of(task), "prompt")
        operations["paint"] = _operation("Paint pictures.", _json("object"), body, OPENAI_ERROR)
    paths: dict[str, Any] = {
        path: {method.lower(): operations[action] for method, action in methods.items()}
        for path, methods in routes(task).items()
    }
    if MODELS in paths:
        one = _operation("One of the models.", _json("object"))
        one["responses"]["404"] = _failure("No such model.", OPENAI_ERROR)
        name = {"name": "model", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        paths[f"{MODELS}/{{model}}"] = {"get": {**one, "parameters": [name]}}
    return {
        "openapi": "3.1.0",
        "info": {"title": task.function_name, "summary": task.summary, "version": "1"},
        "paths": paths,
        **(KEY if needs_key else {}),
    }


def _of_other_servers(task: Task) -> dict[str, Any]:
    ranked = ("query", "documents")
    cohere = _openai_body(task, reranking.COHERE_FIELDS, *ranked, neutral=reranking.WITHOUT_EFFECT)
    return {
        "embed_texts": _operation("Embed texts.", _json("array"), _openai_body(task, embed.FIELDS, "inputs")),
        "predict": _operation("Label texts.", _json("array"), _openai_body(task, predict.FIELDS, "inputs")),
        "rank_texts": _operation(
            "Rank texts.", _json("array"), _openai_body(task, rerank.FIELDS, "query", "texts")
        ),
        "rank_documents": _operation(
            "Rank documents.", _json("object"), _openai_body(task, reranking.FIELDS, *ranked), OPENAI_ERROR
        ),
        "rank_for_cohere": _operation("Rank documents.", _json("object"), cohere),
        "moderate": _operation(
            "Flag texts.", _json("object"), _openai_body(task, moderations.FIELDS, "input"), OPENAI_ERROR
        ),
    }


def _operation(
    summary: str,
    content: dict[str, Any],
    body: dict[str, Any] | None = None,
    error: dict[str, Any] = ERROR,
) -> dict[str, Any]:
    responses: dict[str, Any] = {"200": {"description": "The answer.", "content": content}}
    if body is None:
        return {"summary": summary, "responses": responses}
    responses |= {status: _failure(why, error) for status, why in ERRORS.items()}
    return {"summary": summary, "responses": responses, "requestBody": {"required": True, "content": body}}


def _failure(why: str, error: dict[str, Any]) -> dict[str, Any]:
    return {"description": why, "content": {"application/json": {"schema": error}}}


def _json(*types: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"type": list(types)}}}


def _stream() -> dict[str, Any]:
    return {**_json("object"), EVENT_STREAM: {}}


def _result(task: Task) -> dict[str, Any]:
    if task.kind.writes:
        return {**_json("array", "object"), EVENT_STREAM: {}}
    if not task.kind.paints:
        return _json("array", "object")
    return {"image/png": {"schema": BINARY}, "image/jpeg": {"schema": BINARY}, **_json("object")}


def _infer_body(task: Task) -> dict[str, Any]:
    """The form that every task takes; plain forms with other names are for direct invokes and not listed."""
    needed = any(_is_required(field) for field in task.parameters)
    properties = {
        "inputs": task.inputs.schema(),
        "parameters": _object(task.parameters) if needed else _nullable(_object(task.parameters)),
        "model": _nullable({"anyOf": [{"enum": _models(task)}, {"type": "string", "pattern": "^https?://"}]}),
        **{name: {} for name in TOP_LEVEL[3:]},
    }
    if task.kind.writes:
        properties["stream"] = {"enum": [True, False, None]}
    required = ["inputs", "parameters"] if needed else ["inputs"]
    schema = {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    if task.media_kind:
        content[MEDIA_BODIES[task.media_kind]] = {"schema": BINARY}
        form = {"type": "object", "properties": {"file": BINARY}, "required": ["file"]}
        content[FORM_TYPE] = {"schema": form}
    return content


def _heard() -> dict[str, Any]:
    """The five forms of a transcript."""
    return {**_json("object"), **{kind.split(";")[0]: {} for kind in transcriptions.TYPES.values()}}


def _heard_body(task: Task) -> dict[str, Any]:
    """A form, whose values are texts beside the file."""
    schema = _object(transcriptions.FIELDS)
    schema["properties"] |= {transcriptions.FILE: BINARY, "model": _model(task)}
    return {FORM_TYPE: {"schema": {**schema, "required": [transcriptions.FILE]}}}


def _openai_body(
    task: Task, fields: Sequence[Field], *required: str, neutral: Sequence[str] = ()
) -> dict[str, Any]:
    schema = _object(fields)
    schema["properties"] |= {field.name: field.schema() for field in fields if field.name in required}
    schema["properties"] |= {"model": _model(task), **{name: {} for name in (*WITHOUT_EFFECT, *neutral)}}
    return {"application/json": {"schema": {**schema, "required": list(required)}}}


def _model(task: Task) -> dict[str, Any]:
    """Where one model is served it answers to any name."""
    if not task.alternatives:
        return _nullable({"type": "string"})
    return _nullable({"type": "string", "enum": [*_models(task), *PLACEHOLDERS, task.function_name]})


def _models(task: Task) -> list[str]:
    return [model.id for model in (task.model, *task.alternatives)]


def _object(fields: Sequence[Field]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            field.name: field.schema() if _is_required(field) else _nullable(field.schema())
            for field in fields
        },
        "required": [field.name for field in fields if _is_required(field)],
        "additionalProperties": False,
    }


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _is_required(field: Field) -> bool:
    return isinstance(field, Words) and field.is_required
