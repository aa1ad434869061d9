"""The Hub's own client: every method for which a function stands."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError
from PIL import Image

from tests.clients.python import asked, curl


def _client(url: str, function: str) -> InferenceClient:
    return InferenceClient(model=f"{url}{function}", timeout=asked.TIMEOUT_S)


def chat(url: str) -> None:
    reply = _client(url, "chat").chat_completion(asked.MESSAGES, max_tokens=12, temperature=0)
    asked.check_capital(reply.choices[0].message.content)


def stream(url: str) -> None:
    client = _client(url, "chat")
    chunks = list(client.chat_completion(asked.MESSAGES, max_tokens=12, temperature=0, stream=True))
    assert len(chunks) > 3
    asked.check_capital("".join(chunk.choices[0].delta.content or "" for chunk in chunks))


def tools(url: str) -> None:
    options: dict[str, Any] = {"tools": [asked.TOOL], "tool_choice": "required", "temperature": 0}
    reply = _client(url, "chat").chat_completion(asked.ASKED_FOR_WEATHER, max_tokens=60, **options)
    (call,) = reply.choices[0].message.tool_calls or []
    asked.check_call(call.function.name, call.function.arguments)


def structured(url: str) -> None:
    form: Any = {"type": "json_schema", "json_schema": {"name": "person", "schema": asked.PERSON}}
    messages: Any = [{"role": "user", "content": asked.ASKED_FOR_PERSON}]
    reply = _client(url, "chat").chat_completion(messages, max_tokens=60, response_format=form, temperature=0)
    asked.check_person(reply.choices[0].message.content)


def generation(url: str) -> None:
    client = _client(url, "chat")
    text = client.text_generation(asked.PROMPT, max_new_tokens=8)
    asked.check_capital(text)
    assert "".join(client.text_generation(asked.PROMPT, max_new_tokens=8, stream=True)) == text


def embeddings(url: str) -> None:
    texts: Any = [*asked.NEAR, asked.FAR]
    asked.check_vectors(_client(url, "embeddings").feature_extraction(texts))


def transcription(url: str) -> None:
    heard = _client(url, "speech").automatic_speech_recognition(asked.RECORDING.read_bytes())
    assert "library opens" in heard.text.lower()


def images(url: str) -> None:
    options: dict[str, Any] = {"height": 64, "width": 64, "num_inference_steps": 1}
    picture = _client(url, "image").text_to_image("A lighthouse", **options)
    assert picture.size == (64, 64)


def tasks(url: str) -> None:
    """Each of the other methods that a function stands behind."""
    assert _client(url, "sentiment").text_classification("What a lovely day!")[0].label == "POSITIVE"
    sorted_ = _client(url, "classification").zero_shot_classification("My parcel is late.", ["a", "b"])
    assert {each.label for each in sorted_} == {"a", "b"}
    assert len(_client(url, "fill-mask").fill_mask("Paris is the <mask> of France.", top_k=3)) == 3
    text = "Zoë flew from Lisbon to Toronto."
    assert _client(url, "entities").token_classification(text, aggregation_strategy="simple")
    answer: Any = _client(url, "question-answering").question_answering(question="Who flew?", context=text)
    assert text[answer.start : answer.end] == answer.answer
    near, far = _client(url, "similarity").sentence_similarity(
        asked.NEAR[0], other_sentences=[asked.NEAR[1], asked.FAR]
    )
    assert near > 0.5 > far
    assert _client(url, "translation").translation("two hundred and six").translation_text == "206"
    short = _client(url, "summarization").summarization(
        "The library opened. " * 20, generate_parameters={"max_new_tokens": 12}
    )
    assert isinstance(short.summary_text, str)
    picture = asked.PICTURE.read_bytes()
    assert _client(url, "image-classification").image_classification(picture)[0].label == "3"


def row_6(url: str) -> None:
    """Lengths in a WAV's header that its writer never came back to."""
    from tests.support import sounds

    whole = sounds.encoded(_spoken(), 16_000, "wav", "pcm_s16le")
    client = _client(url, "speech")
    said = client.automatic_speech_recognition(whole).text
    at = whole.index(b"data") + 4
    size = int.from_bytes(whole[at : at + 4], "little")
    for wrong in (2_000_000_000, 2**32 - 1, size + 1, size + 44):
        streamed = whole[:at] + wrong.to_bytes(4, "little") + whole[at + 4 :]
        assert client.automatic_speech_recognition(streamed).text == said


def row_12(url: str) -> None:
    """A target that is several tokens is named; the others are scored as they stand."""
    client, text = _client(url, "fill-mask"), "Paris is the <mask> of France."
    guessed = [word for word in client.fill_mask(text, top_k=20) if word.token_str.isalpha()][:2]
    scored = client.fill_mask(text, targets=[word.token_str for word in guessed])
    assert {word.token: word.score for word in scored} == {word.token: word.score for word in guessed}
    try:
        client.fill_mask(text, targets=["incomprehensibilities"])
    except HfHubHTTPError as error:
        assert "targets[0]" in str(error), error
    else:
        raise AssertionError("this is several tokens")


def row_17(url: str) -> None:
    """What phones and browsers record."""
    from tests.support import sounds

    client = _client(url, "speech")
    kinds = [
        ("mp4", "aac", 44_100),
        ("webm", "libopus", 48_000),
        ("3gp", "aac", 44_100),
        ("adts", "aac", 44_100),
        ("ogg", "flac", 16_000),
        ("wav", "g722", 16_000),
    ]
    for container, codec, rate in kinds:
        recorded = sounds.encoded(_spoken(rate), rate, container, codec)
        heard = client.automatic_speech_recognition(recorded).text.lower()
        assert "library" in heard, (container, codec, heard)


def row_19(url: str) -> None:
    """Details of a generation, and its stream."""
    client = _client(url, "chat")
    whole = client.text_generation(asked.PROMPT, max_new_tokens=8, details=True)
    assert whole.details
    assert whole.details.generated_tokens == len(whole.details.tokens) <= 8
    chunks = list(client.text_generation(asked.PROMPT, max_new_tokens=8, details=True, stream=True))
    assert "".join(chunk.token.text for chunk in chunks) == chunks[-1].generated_text
    assert chunks[-1].generated_text == whole.generated_text


def row_24(url: str) -> None:
    """Whisper's usual parameters."""
    options = {
        "return_timestamps": "word",
        "chunk_length_s": 30,
        "generate_kwargs": {"temperature": 0, "task": "transcribe", "language": "en"},
    }
    heard = _client(url, "speech").automatic_speech_recognition(
        asked.RECORDING.read_bytes(), extra_body=options
    )
    assert heard.chunks
    assert heard.chunks[0].timestamp[1] > 0


def row_28(url: str) -> None:
    """Several questions to one text, as the AWS sample's event has them."""
    context = "Clara built the bridge in 1912."
    body = {"question": ["Who?", "When?"], "context": context}
    answers = json.loads(curl.post(f"{url}question-answering/", body))
    assert len(answers) == 2
    assert all(context[each["start"] : each["end"]] == each["answer"] for each in answers)


def row_29(url: str) -> None:
    """What phones make, under the same limits."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    picture = Image.open(asked.PICTURE).convert("RGB")
    for form in ("GIF", "BMP", "TIFF", "AVIF", "HEIF"):
        stream = io.BytesIO()
        picture.save(stream, form)
        labels = _client(url, "image-classification").image_classification(stream.getvalue(), top_k=1)
        assert labels[0].label == "3", form


def _spoken(rate: int = 16_000) -> Any:
    """The project's sentence as samples."""
    import av

    from inference.media.audio import RATE, decode

    frame = av.AudioFrame.from_ndarray(
        decode(asked.RECORDING.read_bytes())[None], format="fltp", layout="mono"
    )
    frame.sample_rate = RATE
    resampled = av.AudioResampler("fltp", "mono", rate).resample(frame)
    return np.concatenate([each.to_ndarray()[0] for each in resampled])
