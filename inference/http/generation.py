"""Answers of ``POST /`` token by token, in the Hub's form: that of text-generation-inference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.errors import HubletError, ModelNotReady
from inference.http import response
from inference.http.stream import OUT_OF_TIME, comment, event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.engines.engine import Piece
    from inference.http.stream import Events, Run
    from inference.task import Call


def events(call: Call, runs: Sequence[Run]) -> Events:
    """A run an input, one after the other; an event a token that shows something.

    The last event of each run has the whole text and how it ended.
    """
    for given, run in zip(call.inputs, runs, strict=True):
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
                details = {**_end(call, piece, run), "input_length": run.prompt_tokens}
                document |= {"generated_text": _whole(call, given, text), "details": details}
            yield event(document)


def with_details(call: Call, runs: Sequence[Run]) -> list[dict[str, Any]]:
    """The same in one document: what the Hub's parameter ``details`` asks for."""
    answers = []
    for given, run in zip(call.inputs, runs, strict=True):
        pieces = [piece for piece in run if piece]
        text = "".join(piece.text for piece in pieces)
        details = {**_end(call, pieces[-1], run), "prefill": [], "tokens": [_token(each) for each in pieces]}
        answers.append({"generated_text": _whole(call, given, text), "details": details})
    return answers


def error(shown: HubletError, request_id: str) -> dict[str, Any]:
    """An error in the middle; ``error_type`` chooses the exception of the Hub's client."""
    kind = "overloaded" if isinstance(shown, ModelNotReady) else "generation"
    return {**response.error_document(shown, request_id, is_openai=False), "error_type": kind}


def _token(piece: Piece) -> dict[str, Any]:
    # Clients leave out the text of a special token.
    return {"id": piece.token_id, "text": piece.text, "logprob": None, "special": not piece.text}


def _whole(call: Call, given: Any, text: str) -> str:
    return f"{given}{text}" if call.parameters.get("return_full_text") else text


def _end(call: Call, piece: Piece, run: Run) -> dict[str, Any]:
    reason = "eos_token" if piece.is_end else "stop_sequence"
    return {
        "finish_reason": "length" if piece.finish_reason == "length" else reason,
        "generated_tokens": run.completion_tokens,
        "seed": call.parameters.get("seed"),
    }
