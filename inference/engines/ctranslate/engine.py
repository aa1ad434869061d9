"""CTranslate2: encoder-decoder generation, GPT-2 and Whisper, in int8 where that proved itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.engines.ctranslate import config
from inference.engines.ctranslate.codec import load_codec
from inference.engines.ctranslate.config import SpeechFacts
from inference.engines.ctranslate.continuation import Continuation
from inference.engines.ctranslate.memory import read_shape
from inference.engines.ctranslate.model import SeededModel
from inference.engines.ctranslate.text_to_text import TextToText
from inference.engines.ctranslate.whisper import Transcription

if TYPE_CHECKING:
    from pathlib import Path

    from inference.cache.artifact import Artifact
    from inference.engines.engine import Engine


def load(artifact: Artifact, pipeline_tag: str, threads: int) -> Engine:
    """Open a converted model; ``threads`` compute threads, and one call at a time."""
    return open_engine(artifact.folder, pipeline_tag, threads)


def open_engine(folder: Path, pipeline_tag: str, threads: int) -> TextToText | Continuation | Transcription:
    """The engine over a converted folder, manifest or not."""
    facts = config.read(folder)
    generation = config.read_generation(folder)
    kind = "speech" if isinstance(facts, SpeechFacts) else facts.kind
    model = SeededModel(lambda: open_model(folder, kind, threads))
    if isinstance(facts, SpeechFacts):
        return Transcription(folder, facts, generation, model)
    codec = load_codec(folder, facts)
    if facts.kind == "seq2seq":
        return TextToText(facts, generation, codec, model, pipeline_tag, read_shape(folder / "model.bin"))
    return Continuation(facts, generation, codec, model, pipeline_tag)


def open_model(folder: Path, kind: str, threads: int) -> Any:
    """CTranslate2's model object; the weights say how they compute (int8 stays int8, fp16 becomes fp32)."""
    import ctranslate2

    classes = {
        "seq2seq": ctranslate2.Translator,
        "causal": ctranslate2.Generator,
        "speech": ctranslate2.models.Whisper,
    }
    return classes[kind](str(folder), device="cpu", inter_threads=1, intra_threads=threads)
