"""Speech by letters: every family on ONNX Runtime against transformers' pipeline, and long recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from inference.convert.proofs import proof_class, recordings
from inference.engines.choose import choose, converted_types
from inference.engines.engine import Unsupported
from inference.engines.onnx import engine as onnx
from inference.engines.onnx.ctc import CtcVocabulary
from inference.engines.onnx.heads.automatic_speech_recognition import AutomaticSpeechRecognition
from inference.engines.onnx.model_types import SPEECH_MODEL_TYPES
from inference.engines.torch.encoder import load_model, runner
from inference.errors import InvalidField
from inference.task import Call
from tests.support.models.heads import converted
from tests.support.models.letters import CONFIGS, XLSR, make_letters

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

TAG = "automatic-speech-recognition"

# torch's export warns.
pytestmark = pytest.mark.filterwarnings("default")


def pipe(snapshot: Path, waveform: NDArray[np.float32], **options: Any) -> dict[str, Any]:
    from transformers import AutoFeatureExtractor, AutoModelForCTC, AutoTokenizer, pipeline

    hear = pipeline(
        TAG,
        model=AutoModelForCTC.from_pretrained(snapshot),
        tokenizer=AutoTokenizer.from_pretrained(snapshot),
        feature_extractor=AutoFeatureExtractor.from_pretrained(snapshot),
    )
    result: dict[str, Any] = hear({"raw": waveform.copy(), "sampling_rate": 16_000}, **options)
    return result


def hear(head: Any, waveform: NDArray[np.float32], **parameters: Any) -> dict[str, Any]:
    [result] = head.run(Call([waveform], parameters, is_list=False)).results
    found: dict[str, Any] = result
    return found


def on_torch(snapshot: Path) -> AutomaticSpeechRecognition:
    outputs = AutomaticSpeechRecognition.OUTPUTS
    return AutomaticSpeechRecognition(snapshot, runner(load_model(snapshot, TAG, 1), outputs))


def as_the_pipeline_tells(chunks: list[dict[str, Any]]) -> list[tuple[str, list[float]]]:
    return [(chunk["text"], list(chunk["timestamp"])) for chunk in chunks]


def test_every_family_is_tested() -> None:
    assert set(CONFIGS) == SPEECH_MODEL_TYPES
    assert set(converted_types(TAG)) > SPEECH_MODEL_TYPES | {"whisper"}
    assert choose(TAG, {"model_type": "wavlm"}).engine == "onnx"
    assert choose(TAG, {"model_type": "whisper"}).engine == "ctranslate"


@pytest.mark.parametrize("model_type", [*sorted(CONFIGS), "xlsr"])
def test_it_hears_what_transformers_hears(tmp_path: Path, model_type: str) -> None:
    shape: dict[str, Any] = XLSR if model_type == "xlsr" else {}
    snapshot = make_letters(tmp_path / "model", "wav2vec2" if shape else model_type, **shape)
    waveform = recordings.recording(0)
    artifact = converted(snapshot, TAG, tmp_path / "artifacts", "fp32", (waveform,))
    assert artifact.manifest.drift["letter_agreement"] == 1.0
    assert artifact.manifest.drift["frames_with_letters"] > 50
    head = onnx.load(artifact, TAG, 1)
    expected = pipe(snapshot, waveform)
    assert len(expected["text"]) > 20
    assert hear(head, waveform) == expected
    assert hear(head, waveform, task="transcribe", return_timestamps=False) == expected


@pytest.fixture(scope="module")
def spelling(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_letters(tmp_path_factory.mktemp("letters") / "model", "wav2vec2")


def test_words_have_times(spelling: Path) -> None:
    waveform = recordings.recording(1)
    expected = pipe(spelling, waveform, return_timestamps="word")
    found = hear(on_torch(spelling), waveform, return_timestamps="word")
    assert found["text"] == expected["text"]
    assert as_the_pipeline_tells(found["chunks"]) == as_the_pipeline_tells(expected["chunks"])
    assert len(found["chunks"]) > 3


@pytest.mark.parametrize("seconds", [30.0, 30.01, 47.3, 55.0, 71.77])
def test_long_sound_is_heard_in_windows_as_the_pipeline_cuts_them(spelling: Path, seconds: float) -> None:
    sound = np.concatenate([recordings.recording(seed) for seed in range(12)])
    waveform = sound[: round(seconds * 16_000)]
    assert len(waveform) == round(seconds * 16_000)
    expected = pipe(spelling, waveform, chunk_length_s=30 if seconds > 30 else 0)
    assert hear(on_torch(spelling), waveform) == expected


def test_less_than_a_frame_has_no_text(spelling: Path) -> None:
    assert hear(on_torch(spelling), np.zeros(100, np.float32)) == {"text": ""}


def test_letters_are_written_as_the_tokenizer_says(tmp_path: Path) -> None:
    written = {"do_lower_case": True, "replace_word_delimiter_char": "_"}
    snapshot = make_letters(tmp_path / "model", "wav2vec2", written)
    expected = pipe(snapshot, recordings.recording(2))
    assert "_" in expected["text"]
    assert hear(on_torch(snapshot), recordings.recording(2)) == expected


def test_another_sign_between_words_is_left_to_the_library(tmp_path: Path) -> None:
    snapshot = make_letters(tmp_path / "model", "wav2vec2", {"word_delimiter_token": "E"})
    with pytest.raises(Unsupported, match=r"its words are not told apart by \|"):
        CtcVocabulary(snapshot)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"return_timestamps": True}, 'return_timestamps: must be "word"'),
        ({"language": "en"}, "language: is not for a model that hears letters"),
        ({"task": "translate"}, "task: is not for"),
        ({"num_beams": 2}, "num_beams: is not for"),
    ],
)
def test_what_only_writing_models_do_is_refused(spelling: Path, given: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidField, match=told):
        hear(on_torch(spelling), recordings.recording(0), **given)


def test_the_proof_sees_a_model_that_hears_otherwise(spelling: Path, tmp_path: Path) -> None:
    sounds = [recordings.recording(seed) for seed in range(2)]
    proof = proof_class(TAG)(on_torch(spelling), sounds)
    assert proof.measure(on_torch(spelling)).within_budget
    other = make_letters(tmp_path / "other", "wav2vec2", num_hidden_layers=1)
    assert not proof.measure(on_torch(other)).within_budget
