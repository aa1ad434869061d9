"""The answer of ``POST /`` as it comes, in the Hub's form: that of text-generation-inference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.errors import HubletError, InvalidField, ModelNotReady
from inference.http import response
from inference.http.stream import OUT_OF_TIME, comment, event

if TYPE_CHECKING:
    from inference.engines.engine import Piece
    from inference.http.stream import Events, Run
    from inference.task import Call


def check(call: Call, *, streams: bool, is_http: bool) -> None:
    """One stream is one answer, and only a URL has streams. ``details`` is nothing for an engine."""
    if call.parameters.pop("details", None) and not streams:
        raise InvalidField("parameters.details", "is for a stream; an answer that comes whole has none")
    if not streams:
        return
    if not is_http:
        raise InvalidField("stream", "is for calls of the URL; a direct event is answered whole")
    if len(call.inputs) > 1:
        raise InvalidField("inputs", "must be one input: a stream has one answer")


def events(call: Call, run: Run) -> Events:
    """An event a token that shows something; the last has the whole text and how it ended."""
    text, index = "", 0
    for piece in run:
        if piece is None:
            yield None
            continue
        text += piece.text
        if not piece.text and not piece.finish_reason:
            continue
        if piece.is_out_of_time:
            yield comment(OUT_OF_TIME)
        index += 1
        document = {"index": index, "token": _token(piece), "generated_text": None, "details": None}
        if piece.finish_reason:
            document |= _end(call, piece, text, run)
        yield event(document)


def error(shown: HubletError, request_id: str) -> dict[str, Any]:
    """An error in the middle; ``error_type`` chooses the exception of the Hub's client."""
    kind = "overloaded" if isinstance(shown, ModelNotReady) else "generation"
    return {**response.error_document(shown, request_id, is_openai=False), "error_type": kind}


def _token(piece: Piece) -> dict[str, Any]:
    # Clients leave out the text of a special token.
    return {"id": piece.token_id, "text": piece.text, "logprob": None, "special": not piece.text}


def _end(call: Call, piece: Piece, text: str, run: Run) -> dict[str, Any]:
    if call.parameters.get("return_full_text"):
        text = str(call.inputs[0]) + text
    reason = "eos_token" if piece.is_end else "stop_sequence"
    return {
        "generated_text": text,
        "details": {
            "finish_reason": "length" if piece.finish_reason == "length" else reason,
            "generated_tokens": run.completion_tokens,
            "input_length": run.prompt_tokens,
            "seed": call.parameters.get("seed"),
        },
    }
