"""OpenAI's routes of sound and pictures, with an engine that says what a test tells it to."""

from __future__ import annotations

import base64
import io
import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from PIL import Image

from inference.engines.engine import Outcome
from inference.serve import Service
from inference.settings import Settings
from inference.tasks import get_task
from tests.support import sounds
from tests.support.artifacts import put_artifact
from tests.support.context import FakeContext
from tests.support.events import url_event
from tests.support.fake_engine import FakeEngine

if TYPE_CHECKING:
    from pathlib import Path

    from inference.task import Call

SOUND = sounds.made("m4a", seconds=0.5)
TRANSCRIPTIONS, TRANSLATIONS = "/v1/audio/transcriptions", "/v1/audio/translations"
PICTURES = "/v1/images/generations"
CHUNKS = [{"text": " Good", "timestamp": [0.0, 0.2]}, {"text": " day.", "timestamp": [0.2, 0.5]}]
SEGMENT = {"seek": 0, "start": 0.0, "end": 0.5, "text": " Good day.", "tokens": [1, 2],
           "avg_logprob": -0.2, "no_speech_prob": 0.01}  # fmt: skip


class Engine(FakeEngine):
    """Hears the same in everything, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []

    def run(self, call: Call) -> Outcome:
        self.calls.append(call)
        if self.paints:
            return super().run(call)
        heard = {"text": " Good day.", "chunks": CHUNKS, "language": "english", "duration": 0.5}
        return Outcome([{**heard, "segments": [SEGMENT]}])


class Function:
    def __init__(self, name: str, folder: Path) -> None:
        self.engine = Engine()
        task = get_task(name)
        self.engine.paints = task.kind.paints
        settings = Settings.from_env({"TASK": name, "MODEL_CACHE": str(folder)})
        put_artifact(folder, task.model, task.pipeline_tag)
        self.service = Service(task, settings, self.engine.load)

    def post(self, path: str, body: bytes, kind: str) -> dict[str, Any]:
        event = url_event(body, path=path, headers={"content-type": kind}, is_base64=True)
        return dict(self.service(event, FakeContext()))

    def form(self, path: str, fields: dict[str, Any], file: bytes | None = SOUND) -> dict[str, Any]:
        """As httpx2 writes forms, which OpenAI's client is built on."""
        files = {"file": ("a.m4a", file)} if file is not None else {"other": ("a", b"")}
        request = httpx2.Request("POST", "http://127.0.0.1/", data=fields, files=files)
        return self.post(path, request.read(), request.headers["content-type"])


@pytest.fixture
def speech(tmp_path: Path) -> Function:
    return Function("speech", tmp_path)


@pytest.fixture
def image(tmp_path: Path) -> Function:
    return Function("image", tmp_path)


def test_the_default_is_an_object_with_the_text(speech: Function) -> None:
    reply = speech.form(TRANSCRIPTIONS, {"model": "whisper-1"})
    assert reply["statusCode"] == 200, reply
    assert json.loads(reply["body"]) == {"text": "Good day."}
    (call,) = speech.engine.calls
    assert call.inputs[0].shape[0] > 8_000
    assert call.parameters["task"] == "transcribe"


@pytest.mark.parametrize(
    ("form", "kind", "begin"),
    [
        ("text", "text/plain; charset=utf-8", "Good day.\n"),
        ("srt", "application/x-subrip", "1\n00:00:00,000 --> 00:00:00,200\nGood\n\n2\n"),
        ("vtt", "text/vtt; charset=utf-8", "WEBVTT\n\n00:00:00.000"),
    ],
)
def test_forms_of_a_transcript(speech: Function, form: str, kind: str, begin: str) -> None:
    reply = speech.form(TRANSCRIPTIONS, {"response_format": form})
    assert reply["headers"]["content-type"] == kind
    assert reply["body"].startswith(begin)


def test_a_verbose_transcript_has_what_was_asked_for(speech: Function) -> None:
    asked = {"response_format": "verbose_json", "timestamp_granularities[]": ["word", "segment"]}
    told = json.loads(speech.form(TRANSCRIPTIONS, asked)["body"])
    assert speech.engine.calls[0].parameters["return_timestamps"] == "word"
    assert (told["task"], told["language"], told["duration"]) == ("transcribe", "english", 0.5)
    assert told["words"] == [
        {"word": "Good", "start": 0.0, "end": 0.2},
        {"word": "day.", "start": 0.2, "end": 0.5},
    ]
    assert told["segments"][0]["id"] == 0
    assert told["segments"][0]["compression_ratio"] > 0
    plain = json.loads(speech.form(TRANSCRIPTIONS, {"response_format": "verbose_json"})["body"])
    assert "words" not in plain


def test_options_reach_the_engine_and_a_translation_says_so(speech: Function) -> None:
    speech.form(TRANSCRIPTIONS, {"language": "fr", "prompt": "Hublet", "temperature": "0.2"})
    speech.form(TRANSLATIONS, {"temperature": "0"})
    first, second = (call.parameters for call in speech.engine.calls)
    assert (first["language"], first["prompt"], first["temperature"]) == ("fr", "Hublet", 0.2)
    assert (second["task"], second["temperature"]) == ("translate", 0.0)


@pytest.mark.parametrize(
    ("path", "fields", "words"),
    [
        (TRANSCRIPTIONS, {"response_format": "diarized_json"}, "response_format: must be one of json"),
        (TRANSCRIPTIONS, {"timestamp_granularities[]": "word"}, "timestamp_granularities: needs"),
        (TRANSCRIPTIONS, {"temperature": "warm"}, "temperature: must be a number"),
        (TRANSCRIPTIONS, {"temperature": "nan"}, "temperature: must be between"),
        (TRANSCRIPTIONS, {"stream": "true"}, "stream: is not supported"),
        (TRANSCRIPTIONS, {"include[]": "logprobs"}, "include: is not supported"),
        (TRANSCRIPTIONS, {"model": "gpt-4o-transcribe"}, "model: must be one of"),
        (TRANSLATIONS, {"language": "fr"}, "language: is not supported"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(
    speech: Function, path: str, fields: dict[str, str], words: str
) -> None:
    reply = speech.form(path, fields)
    assert reply["statusCode"] == 422
    assert json.loads(reply["body"])["error"]["message"].startswith(words)
    assert not speech.engine.calls


def test_a_form_without_a_recording_and_a_body_that_is_no_form(speech: Function) -> None:
    missing = speech.form(TRANSCRIPTIONS, {}, file=None)
    assert "other: is not supported" in missing["body"]
    empty = speech.form(TRANSCRIPTIONS, {}, file=b"")
    assert "file: must not be empty" in empty["body"]
    broken = speech.form(TRANSCRIPTIONS, {}, file=b"%PDF")
    assert "file: is not a sound file" in broken["body"]
    assert speech.post(TRANSCRIPTIONS, b"{}", "application/json")["statusCode"] == 415
    assert speech.form(TRANSCRIPTIONS, {})["statusCode"] == 200


def test_a_form_goes_where_a_file_goes(speech: Function) -> None:
    reply = speech.form("/", {"return_timestamps": "word", "parameters": '{"temperature": 0}'})
    assert reply["statusCode"] == 200, reply
    assert speech.engine.calls[0].parameters["return_timestamps"] == "word"


def paint(function: Function, **body: Any) -> dict[str, Any]:
    reply = function.post(PICTURES, json.dumps(body).encode(), "application/json")
    return {"status": reply["statusCode"], **json.loads(reply["body"])}


def test_pictures_come_as_base64(image: Function) -> None:
    told = paint(image, prompt="A cat", n=2, size="256x256", output_format="jpeg", seed=7, quality="auto")
    assert told["status"] == 200, told
    found = [Image.open(io.BytesIO(base64.b64decode(each["b64_json"]))) for each in told["data"]]
    assert [picture.format for picture in found] == ["JPEG", "JPEG"]
    first, second = (call.parameters for call in image.engine.calls)
    assert (first["seed"], second["seed"]) == (7, 8)
    assert (first["width"], first["height"], first["guidance_scale"]) == (256, 256, None)
    assert told["size"] == "8x8"  # what the engine painted


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"prompt": "A cat", "response_format": "url"}, "response_format: must be one of b64_json"),
        ({"prompt": "A cat", "size": "1024x1024"}, "size: must be one of auto, 64x64"),
        ({"prompt": "A cat", "quality": "hd"}, "quality: is not supported with this value"),
        ({"prompt": "A cat", "stream": True}, "stream: is not supported with this value"),
        ({"n": 1}, "prompt: is required"),
    ],
)
def test_pictures_that_cannot_be_had(image: Function, body: dict[str, Any], words: str) -> None:
    told = paint(image, **body)
    assert told["status"] == 422
    assert told["error"]["message"].startswith(words)
