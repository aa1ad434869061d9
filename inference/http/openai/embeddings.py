"""``POST /v1/embeddings``: texts read, vectors shown as numbers or as base64 of little-endian floats."""

from __future__ import annotations

import base64
import math
import struct
from functools import partial
from typing import TYPE_CHECKING, Any

from inference.errors import InvalidField
from inference.fields import Choice, Field, Integer, Items, Text
from inference.http import response
from inference.http.asked import Asked
from inference.http.openai import body
from inference.http.response import Answer
from inference.task import Call

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inference.engines.engine import Outcome, ResultSize
    from inference.task import Model, Task

MOST_TEXTS = 2048
"""As OpenAI's API has it."""
FLOAT_BYTES = 4
BASE64_BYTES, BASE64_OF = 4, 3
"""Characters of base64, and the bytes that they stand for."""
ENTRY_BYTES = 80
"""What stands around a vector, each quote counted twice: ``{"object":"embedding","index":2047, ...},``."""
FIELDS: tuple[Field, ...] = (
    Items(
        Text("input", "A text, or a list of texts; token numbers are not taken.", max_chars=50_000),
        MOST_TEXTS,
    ),
    Choice("encoding_format", "How vectors are written.", ("float", "base64"), default="float"),
    Integer("dimensions", "Keep only the first so many numbers.", minimum=1, maximum=8192),
)


def read(document: Mapping[str, Any], task: Task) -> Asked:
    """Read a body; vectors have length 1, as OpenAI's have."""
    _refuse_tokens(document.get("input"))
    values = body.read(document, FIELDS, "input", {})
    parameters = {**{field.name: None for field in task.parameters}, "dimensions": values["dimensions"]}
    is_base64 = values["encoding_format"] == "base64"
    model = body.choose_model(task, document.get("model"))
    call = Call(values["input"], {**parameters, "normalize": True, "packed": is_base64}, is_list=True)
    check = partial(check_size, len(call.inputs), is_base64)
    return Asked(model, call, partial(_present, model, is_base64), check)


def _refuse_tokens(given: Any) -> None:
    """Clients that count tokens have those of OpenAI's models, which mean other words to this one."""
    first = given[0] if isinstance(given, list) and given else None
    if isinstance(first[0] if isinstance(first, list) and first else first, int):
        raise InvalidField(
            "input",
            "must be text: numbers of tokens are another model's; LangChain sends text with "
            "check_embedding_ctx_length=False",
        )


def check_size(count: int, is_base64: bool, size: ResultSize) -> None:
    """Refuse, before the work, more vectors than a reply holds; says how many it holds."""
    as_numbers = size.numbers * response.NUMBER_BYTES + ENTRY_BYTES
    as_base64 = BASE64_BYTES * math.ceil(FLOAT_BYTES * size.numbers / BASE64_OF) + ENTRY_BYTES
    most_bytes = as_base64 if is_base64 else as_numbers
    fitting = response.most_that_fit(most_bytes)
    if count > fitting:
        advice = f"send {fitting:,} at most"
        if not is_base64:
            advice += (
                f", or {min(MOST_TEXTS, response.most_that_fit(as_base64)):,} with encoding_format=base64"
            )
        raise response.cannot_fit("input", count, most_bytes, advice)


def _present(model: Model, is_base64: bool, outcome: Outcome, request_id: str) -> Answer:
    """The reply: a vector an input."""
    data = [
        {"object": "embedding", "index": index, "embedding": _packed(vector) if is_base64 else vector}
        for index, vector in enumerate(outcome.results)
    ]
    usage = {"prompt_tokens": outcome.tokens, "total_tokens": outcome.tokens}
    return Answer({"object": "list", "data": data, "model": model.id, "usage": usage})


def _packed(vector: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
