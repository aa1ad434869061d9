"""``POST /v1/audio/transcriptions`` and ``translations``: a form with a recording, five ways to answer."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.errors import InvalidField, UnsupportedMediaType, printable
from inference.fields import Choice, Media, Number, Text, Words
from inference.http import multipart
from inference.http.openai import body, subtitles
from inference.http.response import Answer
from inference.media.formats import SOUND
from inference.task import Call

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inference.fields import Field
    from inference.http.request import Request
    from inference.task import Model, Task

FILE = "file"
OPENAIS = ("whisper-1",)
"""What many programs ask for, whoever answers: the default model."""
TEXT, SRT, VTT, VERBOSE = "text", "srt", "vtt", "verbose_json"
TYPES = {TEXT: "text/plain; charset=utf-8", SRT: "application/x-subrip", VTT: "text/vtt; charset=utf-8"}
WORD, SEGMENT = "word", "segment"
GRANULARITIES = "timestamp_granularities"
FIELDS: tuple[Field, ...] = (
    Media(FILE, "A recording.", "audio", SOUND),
    Text("language", "The recording's language, like en; found by listening by default.", max_chars=40),
    Text("prompt", "Words that may come, as they are to be spelled.", max_chars=2_000),
    Choice("response_format", "How the answer is written.", ("json", TEXT, SRT, VTT, VERBOSE), "json"),
    Number("temperature", "How bold: 0 takes the likeliest token.", minimum=0.0, maximum=1.0),
    Words(Text(GRANULARITIES, "Of verbose_json: word, segment or both.", max_chars=7), max_items=2),
)
NEUTRAL: dict[str, tuple[Any, ...]] = {"stream": ("false", "False"), "chunking_strategy": ("auto",)}
"""Options that cannot be followed here, with the values that mean nothing."""


@dataclass(frozen=True)
class TranscriptionRequest:
    """A checked request."""

    model: Model
    call: Call
    form: str
    """One of OpenAI's ``response_format``."""
    granularities: Sequence[str]
    task: str
    """``transcribe`` or ``translate``."""


def read(request: Request, task: Task, *, translates: bool) -> TranscriptionRequest:
    """Read a form of either route. A translation is into English, so it names no language to write."""
    if not request.is_form:
        raise UnsupportedMediaType("this route takes multipart/form-data with the recording as file")
    document = multipart.fields_of(request)
    fields = [field for field in FIELDS if not (translates and field.name in ("language", GRANULARITIES))]
    values = body.read(_numbers(document), fields, FILE, NEUTRAL)
    name = "translate" if translates else "transcribe"
    granularities = _granularities(values)
    parameters = {
        **{field.name: None for field in task.parameters},
        "return_timestamps": _times(values["response_format"], granularities),
        "language": values.get("language"),
        "prompt": values["prompt"] or None,
        "task": name,
        "temperature": values["temperature"],
        "segments": values["response_format"] == VERBOSE or None,
    }
    return TranscriptionRequest(
        model=body.choose_model(task, None if document.get("model") in OPENAIS else document.get("model")),
        call=Call([values[FILE]], parameters, is_list=False),
        form=values["response_format"],
        granularities=granularities,
        task=name,
    )


def _numbers(document: Mapping[str, Any]) -> dict[str, Any]:
    """A form's values are texts; an empty one is none, and a temperature is a number."""
    given = {name: value for name, value in document.items() if value != ""}
    if "temperature" in given:
        try:
            given["temperature"] = float(given["temperature"])
        except (TypeError, ValueError):
            raise InvalidField("temperature", "must be a number") from None
    return given


def _granularities(values: Mapping[str, Any]) -> list[str]:
    given = values.get(GRANULARITIES)
    for each in given or ():
        if each not in (WORD, SEGMENT):
            raise InvalidField(GRANULARITIES, f"must be word or segment, not {printable(each)}")
    if given and values["response_format"] != VERBOSE:
        raise InvalidField(GRANULARITIES, "needs response_format=verbose_json")
    return given or [SEGMENT]


def _times(form: str, granularities: Sequence[str]) -> bool | str | None:
    if form == VERBOSE and WORD in granularities:
        return WORD
    return True if form in (SRT, VTT, VERBOSE) else None


def present(request: TranscriptionRequest, result: Mapping[str, Any]) -> Answer:
    """The reply: an object, a text or subtitles."""
    text = str(result["text"]).strip()
    if request.form == "json":
        return Answer({"text": text})
    if request.form == TEXT:
        return Answer(text + "\n", TYPES[TEXT])
    if request.form == VERBOSE:
        return Answer(_verbose(request, result, text))
    write = subtitles.srt if request.form == SRT else subtitles.vtt
    return Answer(write(result["chunks"]), TYPES[request.form])


def _verbose(request: TranscriptionRequest, result: Mapping[str, Any], text: str) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "task": request.task,
        "language": result["language"],
        "duration": result["duration"],
        "text": text,
    }
    if SEGMENT in request.granularities:
        temperature = request.call.parameters["temperature"] or 0.0
        shown["segments"] = [
            _segment(segment, number, temperature) for number, segment in enumerate(result["segments"])
        ]
    if WORD in request.granularities:
        shown["words"] = [
            {"word": word["text"].strip(), "start": word["timestamp"][0], "end": word["timestamp"][1]}
            for word in result["chunks"]
        ]
    return shown


def _segment(segment: Mapping[str, Any], number: int, temperature: float) -> dict[str, Any]:
    """As Whisper's own program tells it: how well a text can be compressed shows where it repeats itself."""
    data = segment["text"].encode()
    ratio = len(data) / len(zlib.compress(data))
    return {"id": number, **segment, "temperature": temperature, "compression_ratio": round(ratio, 4)}
