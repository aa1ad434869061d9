"""Snapshot -> CTranslate2 artifact: the fastest variant of the weights that writes what fp32 torch writes."""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.convert import long_inputs
from inference.convert.ctranslate import describe, proof, weights
from inference.convert.recipe import KeptVariant, Variant, why_kept
from inference.engines.ctranslate.engine import open_model
from inference.engines.ctranslate.log_mel import FRAMES, HOP, log_mel
from inference.engines.engine import Unsupported
from inference.media import audio

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from inference.convert.recipe import Drift, Source
    from inference.engines.ctranslate.config import SpeechFacts, TextFacts

TOOLS = ("torch", "transformers", "ctranslate2")
MIN_RECORDINGS = 10
MANY_PARAMETERS = 2_500_000_000
"""Recordings times parameters of one speech proof: 33 recordings of Whisper base, 10 of Whisper small."""
MODEL_CLASSES = {
    "bart": "BartForConditionalGeneration",
    "bloom": "BloomForCausalLM",
    "gpt2": "GPT2LMHeadModel",
    "gpt_neox": "GPTNeoXForCausalLM",
    "m2m_100": "M2M100ForConditionalGeneration",
    "marian": "MarianMTModel",
    "mbart": "MBartForConditionalGeneration",
    "mt5": "MT5ForConditionalGeneration",
    "opt": "OPTForCausalLM",
    "pegasus": "PegasusForConditionalGeneration",
    "t5": "T5ForConditionalGeneration",
    "whisper": "WhisperForConditionalGeneration",
}


@dataclass(frozen=True)
class CTranslateVariant(Variant):
    """One that CTranslate2's converter can write."""

    quantization: str
    """The converter's name for how the weights are stored."""


INT8 = CTranslateVariant("int8", "int8")
FP16 = CTranslateVariant("fp16", "float16")  # half the bytes; computes in fp32
FP32 = CTranslateVariant("fp32", "float32")
VARIANTS = {"auto": (INT8, FP16, FP32), "int8": (INT8,), "fp32": (FP32,)}


@dataclass
class Case:
    """A model being converted: its token names, and the proof that every variant has to pass."""

    kind: str
    names: list[str]
    pairs: list[proof.Pair]
    long_pairs: list[proof.Pair]

    def measure(self, folder: Path, threads: int) -> Drift:
        rows = {
            "seq2seq": proof.translator_rows,
            "causal": proof.generator_rows,
            "speech": proof.whisper_rows,
        }[self.kind]
        model = open_model(folder, self.kind, threads)
        return proof.measure(self.pairs, self.long_pairs, lambda pairs: rows(model, pairs))


def convert(source: Source, folder: Path, report: Callable[[str], None]) -> KeptVariant:
    """Describe the model, then try variants from fastest to most faithful, which is fp32."""
    import torch

    torch.set_num_threads(source.threads)
    report("reading the model")
    model: Any = _load(source)
    report("proving: fp32 torch")
    case = _case(source, model, folder)
    rejected: list[dict[str, Any]] = []
    variants = VARIANTS[source.precision]
    for variant in variants:
        report(f"trying {variant.name}")
        model = _load(source) if model is None else model
        weights.write(model, source.snapshot, case.names, variant.quantization, folder)
        model = None  # quantized in place
        drift = case.measure(folder, source.threads)
        if drift.within_budget or variant is variants[-1]:
            break
        rejected.append({"precision": variant.name, "figures": drift.figures})
    if variant is FP32 and not drift.within_budget:
        raise Unsupported(f"it does not answer as torch does, even in fp32: {drift.figures}")
    tools = {name: importlib.metadata.version(name) for name in TOOLS}
    reason = why_kept(source, variant.name, rejected)
    return KeptVariant(variant.name, reason, drift, tuple(rejected), tools)


def _load(source: Source) -> Any:
    return weights.load_model(source.snapshot, MODEL_CLASSES[str(source.config["model_type"])])


def _case(source: Source, model: Any, folder: Path) -> Case:
    tokenizer = weights.load_tokenizer(source.snapshot)
    if source.config["model_type"] == "whisper":
        return _speech_case(source, model, tokenizer, folder)
    facts = describe.describe_text(model, tokenizer, source.config, folder)
    texts = proof.spread([text for text in source.inputs if isinstance(text, str)])
    ids = [tokenizer(text)["input_ids"] for text in texts]
    names = weights.text_names(model.config)
    if facts.kind == "causal":
        length = min(proof.SOURCE_TOKENS, facts.target_window)
        pairs = proof.causal_pairs(model, [i[:length] for i in ids if len(i) > 1])
        long_pairs = proof.long_causal_pairs(model, ids, facts.target_window)
        return Case(facts.kind, names, pairs, long_pairs)
    sources = [_cut(each, facts, proof.SOURCE_TOKENS) for each in ids]
    prompt = _prompt(model, facts)
    pairs = proof.text_pairs(model, sources, prompt)
    return Case(facts.kind, names, pairs, proof.text_pairs(model, _long_sources(sources, facts), prompt))


def _long_sources(sources: list[list[int]], facts: TextFacts) -> list[list[int]]:
    """Sources that fill the window, or as much of it as a proof reads; each begins with another text."""
    texts = [ids[len(facts.before) : len(ids) - len(facts.after)] for ids in sources]
    joined = [long_inputs.long_text(texts[first:], proof.LONG_SOURCE_TOKENS) for first in _starts(texts)]
    return [_cut([*facts.before, *ids, *facts.after], facts, proof.LONG_SOURCE_TOKENS) for ids in joined]


def _starts(texts: list[list[int]]) -> list[int]:
    step = max(1, len(texts) // proof.LONG_SOURCES)
    return list(range(0, len(texts), step))[: proof.LONG_SOURCES]


def _cut(ids: list[int], facts: TextFacts, tokens: int) -> list[int]:
    """A framed source, shortened inside its frame."""
    room = min(tokens, facts.source_window) - len(facts.before) - len(facts.after)
    text = ids[len(facts.before) : len(ids) - len(facts.after)]
    return [*facts.before, *text[:room], *facts.after]


def _prompt(model: Any, facts: TextFacts) -> tuple[int, ...]:
    """Start token and forced first token; for a model of many languages, one of them."""
    forced = model.generation_config.forced_bos_token_id
    if forced is None and facts.languages and not facts.language_starts:
        others = [i for code, i in facts.languages.items() if code != facts.source_language]
        forced = facts.languages.get("fra_Latn", facts.languages.get("fr", others[0] if others else None))
    return (facts.start,) if forced is None else (facts.start, int(forced))


def _speech_case(source: Source, model: Any, tokenizer: Any, folder: Path) -> Case:
    import numpy as np
    import transformers

    extractor = transformers.AutoFeatureExtractor.from_pretrained(
        str(source.snapshot), local_files_only=True, trust_remote_code=False
    )
    facts = describe.describe_speech(model, tokenizer, extractor, folder)
    filters = np.asarray(extractor.mel_filters, np.float32)
    heard = proof.spread(source.inputs, _recordings(model))
    spectrograms = [_spectrogram(audio.waveform_of(item), filters) for item in heard]
    pairs = proof.speech_pairs(model, spectrograms, _speech_prompt(facts))
    return Case("speech", describe.speech_names(model, tokenizer), pairs, [])  # each fills its window


def _recordings(model: Any) -> int:
    """How many recordings a proof hears: fewer of a large model, whose every window of 30 s takes seconds."""
    parameters = sum(int(parameter.numel()) for parameter in model.parameters())
    return max(MIN_RECORDINGS, min(proof.ITEMS, MANY_PARAMETERS // parameters))


def _spectrogram(waveform: Any, filters: Any) -> Any:
    import numpy as np

    heard = waveform[: FRAMES * HOP]
    return log_mel(np.pad(heard, (0, FRAMES * HOP - len(heard))), filters)


def _speech_prompt(facts: SpeechFacts) -> tuple[int, ...]:
    middle = (facts.languages.get("en", facts.start), facts.tasks["transcribe"]) if facts.languages else ()
    return (facts.start, *middle, facts.no_timestamps)
