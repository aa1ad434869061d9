"""One request on its way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inference.http.request import Request
    from inference.runtime.model_call import ModelCall
    from inference.task import Call


@dataclass
class Walk:
    """A request, and its use of a model."""

    request: Request
    request_id: str
    model_call: ModelCall


def heard(walk: Walk, call: Call, field: str | None = None) -> Call:
    """The call with its recordings as waveforms: what cannot be read is refused before a model is waited for.

    ``field`` is how an error names the recording, if not as an input.
    """
    from inference.media import audio  # tasks without sound need no part of it

    inputs = [
        audio.decode(item, at=field or call.at(index), limit_s=walk.model_call.deadline.remaining_s)
        for index, item in enumerate(call.inputs)
    ]
    return replace(call, inputs=inputs)
