"""``POST /v1/images/generations``: a description painted, pictures shown as base64."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.fields import Choice, Integer, Text
from inference.http.openai import body
from inference.http.response import Answer
from inference.media import images
from inference.task import Call

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from inference.fields import Field
    from inference.task import Model, Task

AUTO = "auto"
SIZES = ("64x64", "128x128", "256x256", "512x512", "512x768", "768x512", "768x768")
FORMATS = {"png": "image/png", "jpeg": "image/jpeg"}
OWN: tuple[Field, ...] = (
    Integer("n", "How many pictures.", minimum=1, maximum=4),
    Choice("size", "Width and height in pixels; auto is the model's own.", (AUTO, *SIZES)),
    Choice("response_format", "How a picture is handed over; there are no addresses.", ("b64_json",)),
    Choice("output_format", "The kind of file.", tuple(FORMATS), default="png"),
)
NEUTRAL: dict[str, tuple[Any, ...]] = {
    "background": ("auto", "opaque"),
    "moderation": ("auto", "low"),
    "output_compression": (100,),
    "partial_images": (0,),
    "quality": ("auto", "standard"),
    "stream": (False,),
}
"""Options that cannot be followed here, with the values that mean nothing."""


@dataclass(frozen=True)
class PictureRequest:
    """A checked request."""

    model: Model
    call: Call
    count: int
    kind: str
    """The media type of the pictures."""
    output_format: str

    def runs(self) -> Iterator[dict[str, Any]]:
        """Parameters of each picture; a seed paints no picture twice."""
        seed = self.call.parameters.get("seed")
        for index in range(self.count):
            yield self.call.parameters | ({} if seed is None else {"seed": (seed + index) % 2**32})


def fields_of(task: Task) -> tuple[Field, ...]:
    """OpenAI's, and the task's own parameters, which clients send as extra ones."""
    own = [field for field in task.parameters if field.name not in ("height", "width")]
    return (Text("prompt", "What the picture shows.", max_chars=2_000), *OWN, *own)


def read(document: Mapping[str, Any], task: Task) -> PictureRequest:
    """Read a body."""
    values = body.read(document, fields_of(task), "prompt", NEUTRAL)
    names = {field.name for field in task.parameters}
    parameters = {name: value for name, value in values.items() if name in names}
    return PictureRequest(
        model=body.choose_model(task, document.get("model")),
        call=Call([values["prompt"]], parameters | _sides(values["size"]), is_list=False),
        count=values["n"] or 1,
        kind=FORMATS[values["output_format"]],
        output_format=values["output_format"],
    )


def _sides(size: str | None) -> dict[str, int | None]:
    if size is None or size == AUTO:
        return {"width": None, "height": None}
    width, height = map(int, size.split("x"))
    return {"width": width, "height": height}


def present(request: PictureRequest, pictures: Sequence[Any]) -> Answer:
    """The reply."""
    shown = [{"b64_json": base64.b64encode(images.encode(each, request.kind)).decode()} for each in pictures]
    width, height = pictures[0].size
    return Answer(
        {
            "created": int(time.time()),
            "data": shown,
            "output_format": request.output_format,
            "size": f"{width}x{height}",
        }
    )
