"""CTranslate2 against transformers' own generate(), family by family."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import transformers
from sentencepiece import SentencePieceProcessor

from inference.cache import config_keys
from inference.cache.artifact import Artifact
from inference.convert.ctranslate.recipe import MODEL_CLASSES, convert
from inference.convert.recipe import Source
from inference.engines.choose import CTRANSLATE_GENERATION_MODEL_TYPES
from inference.engines.ctranslate import config as ctranslate_facts
from inference.engines.ctranslate.engine import open_engine
from inference.engines.ctranslate.log_mel import log_mel
from inference.engines.ctranslate.memory import BASE_BYTES, read_shape
from inference.engines.text.detokenizer import HALF
from inference.errors import InvalidField
from inference.task import Call
from tests.support.models import speech as tiny_speech
from tests.support.models import text_to_text
from tests.support.models.manifests import manifest
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from inference.convert.recipe import KeptVariant
    from inference.engines.engine import Outcome, Piece

pytestmark = pytest.mark.filterwarnings("default")

TAGS = {"bart": "summarization", "pegasus": "summarization", "t5": "text2text-generation"}


def converted(
    snapshot: Path, folder: Path, tag: str, precision: str = "fp32", inputs: Any = None
) -> KeptVariant:
    folder.mkdir()
    config = json.loads((snapshot / "config.json").read_text())
    given = tuple(text_to_text.SENTENCES if inputs is None else inputs)
    kept = convert(Source(snapshot, config, tag, given, precision, 1), folder, lambda _: None)
    config_keys.check(Artifact(folder, manifest("ctranslate", "any-head")))
    return kept


def run(engine: Any, *texts: Any, **parameters: Any) -> Outcome:
    outcome: Outcome = engine.run(Call(list(texts), parameters, is_list=True))
    return outcome


def ask(engine: Any, *texts: Any, **parameters: Any) -> list[Any]:
    return run(engine, *texts, **parameters).results


def only(results: list[dict[str, Any]]) -> list[str]:
    return [next(iter(result.values())) for result in results]


class Oracle:
    """transformers over the same snapshot."""

    def __init__(self, snapshot: Path) -> None:
        kind = json.loads((snapshot / "config.json").read_text())["model_type"]
        self.model = getattr(transformers, MODEL_CLASSES[kind]).from_pretrained(snapshot).eval()
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(snapshot)

    def ids(self, text: str, prefix: str = "", **parameters: Any) -> list[int]:
        inputs = self.tokenizer(prefix + text, return_tensors="pt", truncation=True)
        inputs.pop("token_type_ids", None)
        return list(self.model.generate(**inputs, **parameters)[0].tolist())

    def text(self, text: str, prefix: str = "", **parameters: Any) -> str:
        if not text:
            return ""  # of nothing, generate() makes something up
        ids = self.ids(text, prefix, **parameters)
        shown = str(self.tokenizer.decode(ids, skip_special_tokens=True))
        # Real M2M100 repositories list the language tokens as special; a tokenizer made here does not.
        return re.sub("__[a-z]{2,3}__", "", shown).strip() if "__" in shown else shown


class Family:
    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.tag = TAGS.get(name, "translation")
        self.snapshot = text_to_text.TEXT_FAMILIES[name](folder / "snapshot")
        self.folder = folder / "artifact"
        self.kept = converted(self.snapshot, self.folder, self.tag)
        self.engine = open_engine(self.folder, self.tag, 1)
        self.oracle = Oracle(self.snapshot)
        facts = ctranslate_facts.read(self.folder)
        assert isinstance(facts, ctranslate_facts.TextFacts)
        self.facts = facts
        # A model of many languages has no default direction.
        self.ours: dict[str, Any] = {"tgt_lang": "fr"} if name == "m2m_100" else {}
        self.theirs: dict[str, Any] = (
            {"forced_bos_token_id": self.facts.languages["fr"]} if name == "m2m_100" else {}
        )


@pytest.fixture(scope="module", params=sorted(text_to_text.TEXT_FAMILIES))
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Family:
    return Family(request.param, tmp_path_factory.mktemp(request.param))


def test_the_shape_that_decides_memory_is_the_models(family: Family) -> None:
    shape, config = read_shape(family.folder / "model.bin"), family.oracle.model.config
    layers = getattr(config, "decoder_layers", None) or config.num_decoder_layers
    heads = getattr(config, "encoder_attention_heads", None) or config.num_heads
    width = config.num_heads * config.d_kv if hasattr(config, "d_kv") else config.d_model
    assert (shape.layers, shape.heads, shape.width) == (layers, heads, width)
    rows = family.oracle.model.get_output_embeddings().weight.shape[0]
    # CTranslate2 leaves Marian's padding out, which is its last token.
    assert shape.vocabulary == rows - (config.model_type == "marian")


def test_texts_that_do_not_fit_together_are_written_one_after_another(family: Family) -> None:
    """The answers are the same; where not even one fits, that is said."""
    texts, usual = text_to_text.SENTENCES[:4], family.engine.room_bytes
    together = ask(family.engine, *texts, num_beams=3, max_new_tokens=8, **family.ours)
    needed = family.engine._shape.text_bytes(64, 8, 3)  # type: ignore[union-attr]
    try:
        family.engine.room_bytes = BASE_BYTES + needed
        assert ask(family.engine, *texts, num_beams=3, max_new_tokens=8, **family.ours) == together
        family.engine.room_bytes = BASE_BYTES + 1
        with pytest.raises(InvalidField, match=r"^parameters\.num_beams: with 3 beams, .* one text takes"):
            ask(family.engine, *texts, num_beams=3, max_new_tokens=8, **family.ours)
    finally:
        family.engine.room_bytes = usual


def test_the_proof_finds_fp32_equal(family: Family) -> None:
    figures = family.kept.drift.figures
    assert figures["next_token_agreement"] == 1.0
    assert figures["perplexity_ratio"] == pytest.approx(
        1.0, abs=3e-3
    )  # Marian: torch can say "padding", the artifact cannot
    assert figures["positions"] > 20
    assert family.kept.drift.within_budget


def test_ids_are_the_tokenizers(family: Family) -> None:
    codec = family.engine._codec
    for text in [*text_to_text.SENTENCES, *text_to_text.TEXTS, "a , b n't >>fra<< c", "  spaces   inside  "]:
        ids = family.oracle.tokenizer(text, add_special_tokens=False)["input_ids"]
        assert codec.encode(text) == ids
        assert codec.decode(ids) == family.oracle.tokenizer.decode(ids, skip_special_tokens=True)


@pytest.mark.parametrize(
    "parameters", [{}, {"max_length": 9}, {"max_new_tokens": 5}, {"min_length": 18}], ids=str
)
def test_greedy_equals_generate(family: Family, parameters: dict[str, Any]) -> None:
    expected = [family.oracle.text(text, **parameters, **family.theirs) for text in text_to_text.TEXTS]
    assert only(ask(family.engine, *text_to_text.TEXTS, **parameters, **family.ours)) == expected


def streamed(engine: Any, text: str, **parameters: Any) -> list[Piece]:
    return list(engine.run_streamed(Call([text], parameters, is_list=False)).pieces)


@pytest.mark.parametrize("parameters", [{}, {"max_new_tokens": 5}, {"num_beams": 2}], ids=str)
def test_a_streamed_answer_is_the_same(family: Family, parameters: dict[str, Any]) -> None:
    """But for bytes at the end that are no character."""
    most = 0
    for text in [*text_to_text.TEXTS, *text_to_text.SENTENCES]:
        (whole,) = only(ask(family.engine, text, **parameters, **family.ours))
        pieces = streamed(family.engine, text, **parameters, **family.ours)
        assert "".join(piece.text for piece in pieces) == (whole if len(pieces) == 1 else whole.rstrip(HALF))
        assert [bool(piece.finish_reason) for piece in pieces] == [False] * (len(pieces) - 1) + [True]
        most = max(most, len(pieces))
    assert (most == 1) == ("num_beams" in parameters)


def test_a_streamed_answer_in_parts_is_the_same(family: Family) -> None:
    """A character that two parts share half of is none."""
    long = " ".join([*text_to_text.SENTENCES] * 40)
    given = {"max_new_tokens": 5, "chunking": True, **family.ours}
    (whole,) = only(ask(family.engine, long, **given))
    said = "".join(piece.text for piece in streamed(family.engine, long, **given))
    assert said.replace(HALF, "").split() == whole.replace(HALF, "").split()


def test_who_asks_no_further_ends_the_search(family: Family) -> None:
    """Closing waits for the library's own thread, which a call afterwards would meet."""
    before = threading.active_count()
    stream = family.engine.run_streamed(Call([text_to_text.TEXTS[0]], family.ours, is_list=False))
    next(stream.pieces)
    stream.pieces.close()
    assert threading.active_count() == before
    assert streamed(family.engine, text_to_text.TEXTS[0], **family.ours)


def test_outputs_vary(family: Family) -> None:
    """The comparisons above would pass for a model that always says the same; these do not."""
    outputs = only(ask(family.engine, *text_to_text.TEXTS, **family.ours))
    assert len(set(outputs)) >= 3


@pytest.mark.parametrize(
    "parameters",
    [
        {"num_beams": 3, "early_stopping": True},
        {"num_beams": 4, "early_stopping": True, "length_penalty": 2.0},
        {"num_beams": 2, "early_stopping": True, "length_penalty": 0.4, "max_length": 14},
    ],
    ids=str,
)
def test_beams_equal_generate_where_both_stop_early(family: Family, parameters: dict[str, Any]) -> None:
    expected = [family.oracle.text(text, **parameters, **family.theirs) for text in text_to_text.SENTENCES]
    assert only(ask(family.engine, *text_to_text.SENTENCES, **parameters, **family.ours)) == expected


@pytest.mark.parametrize("parameters", [{"no_repeat_ngram_size": 3}], ids=str)
def test_greedy_penalties_equal_generate(family: Family, parameters: dict[str, Any]) -> None:
    expected = [family.oracle.text(text, **parameters, **family.theirs) for text in text_to_text.TEXTS]
    assert only(ask(family.engine, *text_to_text.TEXTS, **parameters, **family.ours)) == expected


def test_a_batch_answers_as_its_items_do_alone(family: Family) -> None:
    texts = [*text_to_text.TEXTS, *text_to_text.SENTENCES]
    together = ask(family.engine, *texts, num_beams=2, **family.ours)
    assert together == [ask(family.engine, text, num_beams=2, **family.ours)[0] for text in texts]


def test_cut_inputs_are_counted(family: Family) -> None:
    assert run(family.engine, *text_to_text.TEXTS, **family.ours).truncated == 1
    assert run(family.engine, text_to_text.TEXTS[0], **family.ours).truncated == 0


def test_a_text_beyond_the_window_can_be_refused_or_taken_in_parts(family: Family) -> None:
    long = " ".join([*text_to_text.SENTENCES] * 40)
    with pytest.raises(InvalidField, match=r"inputs\[0\]: has [\d,]+ tokens; the model takes"):
        ask(family.engine, long, truncation="do_not_truncate", **family.ours)
    (cut,) = ask(family.engine, long, max_new_tokens=5, **family.ours)
    outcome = run(family.engine, long, max_new_tokens=5, chunking=True, **family.ours)
    (parts,) = outcome.results
    assert outcome.truncated == 0
    assert len(*parts.values()) > len(*cut.values())


def test_lengths_are_held_to_the_decoder(family: Family) -> None:
    ask(family.engine, text_to_text.TEXTS[0], max_new_tokens=10_000, min_length=5_000, **family.ours)
    ask(family.engine, text_to_text.TEXTS[0], max_length=1, **family.ours)


def test_seeded_samples_repeat(family: Family) -> None:
    given = {"do_sample": True, "temperature": 2.0, "top_k": 0, "max_new_tokens": 12, **family.ours}
    first = ask(family.engine, *text_to_text.TEXTS, seed=7, **given)
    assert ask(family.engine, *text_to_text.TEXTS, seed=8, **given) != first
    ask(family.engine, text_to_text.TEXTS[0], **given)
    assert ask(family.engine, *text_to_text.TEXTS, seed=7, **given) == first


def test_sampling_among_one_is_greedy(family: Family) -> None:
    greedy = ask(family.engine, *text_to_text.TEXTS, **family.ours)
    assert ask(family.engine, *text_to_text.TEXTS, do_sample=True, top_k=1, **family.ours) == greedy


@pytest.mark.parametrize("precision", ["int8", "auto"])
def test_quantized_forms_are_measured(family: Family, tmp_path: Path, precision: str) -> None:
    kept = converted(family.snapshot, tmp_path / "artifact", family.tag, precision)
    assert kept.precision in ("int8", "fp16", "fp32") if precision == "auto" else kept.precision == "int8"
    assert 0.3 < kept.drift.figures["next_token_agreement"] <= 1.0
    engine = open_engine(tmp_path / "artifact", family.tag, 1)
    assert len(ask(engine, *text_to_text.TEXTS, **family.ours)) == len(text_to_text.TEXTS)


def test_result_names(family: Family) -> None:
    names = {"summarization": "summary_text", "translation": "translation_text"}
    assert list(ask(family.engine, "Hi.", **family.ours)[0]) == [names.get(family.tag, "generated_text")]


@pytest.fixture(scope="module")
def m2m_100(tmp_path_factory: pytest.TempPathFactory) -> Family:
    return Family("m2m_100", tmp_path_factory.mktemp("m2m"))


def test_languages_choose_the_frame_and_the_first_token(m2m_100: Family) -> None:
    oracle = Oracle(m2m_100.snapshot)
    oracle.tokenizer.src_lang = "de"
    forced = oracle.tokenizer.get_lang_id("ru")
    for text in text_to_text.SENTENCES:
        expected = oracle.text(text, forced_bos_token_id=forced)
        assert only(ask(m2m_100.engine, text, src_lang="de", tgt_lang="ru")) == [expected]


def test_unknown_and_missing_languages_are_named(m2m_100: Family) -> None:
    with pytest.raises(InvalidField, match="tgt_lang.*required"):
        ask(m2m_100.engine, "Hi.")
    with pytest.raises(InvalidField, match="src_lang.*none of the model's 100 languages"):
        ask(m2m_100.engine, "Hi.", src_lang="tlh", tgt_lang="fr")


def test_mbart_starts_from_the_target_language(tmp_path: Path) -> None:
    family = Family("mbart", tmp_path)
    start = family.facts.languages["fr_XX"]
    for text in text_to_text.SENTENCES:
        expected = family.oracle.text(text, decoder_start_token_id=start)
        assert only(ask(family.engine, text, tgt_lang="fr_XX")) == [expected]


def test_marian_takes_its_language_as_a_code(tmp_path: Path) -> None:
    family = Family("marian", tmp_path)
    expected = [family.oracle.text(text, prefix=">>deu<< ") for text in text_to_text.SENTENCES]
    assert only(ask(family.engine, *text_to_text.SENTENCES, tgt_lang="deu")) == expected
    with pytest.raises(InvalidField, match="tgt_lang"):
        ask(family.engine, "Hi.", tgt_lang="xyz")


def test_t5_tasks_have_their_prefix_and_defaults(tmp_path: Path) -> None:
    family = Family("t5", tmp_path)
    engine = open_engine(family.folder, "summarization", 1)
    given = {"max_length": 12, "num_beams": 2, "early_stopping": True}
    expected = [family.oracle.text(text, prefix="summarize: ", **given) for text in text_to_text.SENTENCES]
    assert only(ask(engine, *text_to_text.SENTENCES, early_stopping=True)) == expected
    engine = open_engine(family.folder, "translation", 1)
    expected = [
        family.oracle.text(text, prefix="translate English to German: ") for text in text_to_text.SENTENCES
    ]
    assert only(ask(engine, *text_to_text.SENTENCES, src_lang="en", tgt_lang="de")) == expected
    with pytest.raises(InvalidField, match="known: en_to_de"):
        ask(engine, "Hi.", src_lang="en", tgt_lang="xx")


@pytest.mark.parametrize("tied", [True, False])
def test_t5_output_scale_follows_the_checkpoint(tmp_path: Path, tied: bool) -> None:
    """Flan-T5 and T5 1.1 say "not tied", which also means that the decoder's output is not scaled down."""
    snapshot = text_to_text.t5(
        tmp_path / "snapshot", tie_word_embeddings=tied, feed_forward_proj="gated-gelu"
    )
    if not tied:
        config = json.loads((snapshot / "config.json").read_text())
        (snapshot / "config.json").write_text(json.dumps({**config, "tie_word_embeddings": False}))
    kept = converted(snapshot, tmp_path / "artifact", "text2text-generation")
    assert kept.drift.figures["perplexity_ratio"] == pytest.approx(1.0, abs=1e-3)


def test_a_repository_with_only_a_sentencepiece_model(tmp_path: Path) -> None:
    snapshot = text_to_text.t5_slow(tmp_path / "snapshot")
    converted(snapshot, tmp_path / "artifact", "text2text-generation")
    engine = open_engine(tmp_path / "artifact", "text2text-generation", 1)
    pieces = SentencePieceProcessor(model_file=str(snapshot / "spiece.model"))
    for text in text_to_text.SENTENCES:
        assert engine._codec.encode(text) == pieces.encode(text)


@pytest.fixture(scope="module", params=sorted(text_to_text.DECODERS))
def decoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Oracle]:
    folder = tmp_path_factory.mktemp("decoder")
    snapshot = text_to_text.DECODERS[request.param](folder / "snapshot")
    kept = converted(snapshot, folder / "artifact", "text-generation")
    assert kept.drift.figures["next_token_agreement"] == 1.0
    return open_engine(folder / "artifact", "text-generation", 1), Oracle(snapshot)


def test_every_listed_decoder_is_tested() -> None:
    assert set(text_to_text.DECODERS) == set(CTRANSLATE_GENERATION_MODEL_TYPES)


PROMPTS = [text for text in (*text_to_text.TEXTS[:3], *text_to_text.SENTENCES) if text]


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"max_new_tokens": 5},
        {"num_beams": 3, "early_stopping": True},
        {"no_repeat_ngram_size": 2},
    ],
    ids=str,
)
def test_a_decoder_continues_as_generate_does(
    decoder: tuple[Any, Oracle], parameters: dict[str, Any]
) -> None:
    engine, oracle = decoder
    expected = []
    for text in PROMPTS:
        length = len(oracle.tokenizer(text)["input_ids"])
        ids = oracle.ids(text, **parameters)[length:]
        expected.append(oracle.tokenizer.decode(ids, skip_special_tokens=True))
    assert only(ask(engine, *PROMPTS, **parameters)) == expected
    assert only(ask(engine, PROMPTS[0], return_full_text=True, **parameters)) == [PROMPTS[0] + expected[0]]


@pytest.mark.parametrize(
    ("parameters", "is_whole"),
    [
        ({"max_new_tokens": 12}, False),
        ({"max_new_tokens": 12, "stop": ["e"]}, False),
        ({"max_new_tokens": 12, "repetition_penalty": 1.5}, True),
        ({"max_new_tokens": 12, "num_beams": 2}, True),
    ],
    ids=str,
)
def test_a_decoder_streams_what_it_answers(
    decoder: tuple[Any, Oracle], parameters: dict[str, Any], is_whole: bool
) -> None:
    engine, _ = decoder
    for text in text_to_text.TEXTS:
        done = engine.complete(text, parameters)
        stream = engine.stream(text, parameters)
        pieces = list(stream.pieces)
        said = "".join(piece.text for piece in pieces)
        assert said.rstrip(HALF) == "".join(done.pieces).rstrip(HALF)
        assert (pieces[-1].finish_reason, stream.prompt_tokens) == (done.finish_reason, done.prompt_tokens)
        assert (len(pieces) == 1) == is_whole or "stop" in parameters


def test_a_prompt_of_one_token_leaves_the_other_answers_alone(decoder: tuple[Any, Oracle]) -> None:
    """In a batch with one, CTranslate2 answers the others with their prompts in front."""
    engine, oracle = decoder
    shortest = next(text for text in "abcdefgh" if len(oracle.tokenizer(text)["input_ids"]) == 1)
    prompts = [PROMPTS[0], shortest, PROMPTS[-1], shortest]
    alone = [only(ask(engine, prompt, max_new_tokens=5))[0] for prompt in prompts]
    assert only(ask(engine, *prompts, max_new_tokens=5)) == alone


def test_a_decoder_takes_empty_and_long_prompts(decoder: tuple[Any, Oracle]) -> None:
    engine, _ = decoder
    outcome = run(engine, "", "word " * 200)
    assert (len(outcome.results), outcome.truncated) == (2, 1)


@pytest.fixture(scope="module", params=[True, False], ids=["multilingual", "english"])
def speech(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("whisper")
    snapshot = tiny_speech.whisper(folder / "snapshot", request.param)
    sounds = [tiny_speech.sound(3, seed) for seed in range(3)]
    kept = converted(snapshot, folder / "artifact", "automatic-speech-recognition", inputs=sounds)
    engine = open_engine(folder / "artifact", "automatic-speech-recognition", 1)
    model = transformers.WhisperForConditionalGeneration.from_pretrained(snapshot).eval()
    return engine, model, transformers.AutoFeatureExtractor.from_pretrained(snapshot), request.param, kept


def test_log_mel_equals_the_feature_extractor() -> None:
    extractor = transformers.WhisperFeatureExtractor()
    for seconds in (0.01, 3.3, 30.0):
        waveform = tiny_speech.sound(seconds)
        expected = extractor(waveform, sampling_rate=16_000, return_tensors="np")["input_features"][0]
        padded = np.pad(waveform, (0, 480_000 - len(waveform)))
        ours = log_mel(padded, extractor.mel_filters.astype(np.float32))
        assert np.abs(ours - expected).max() < 1e-4


def heard(speech: Any, waveform: Any, **parameters: Any) -> list[int]:
    """Text ids by transformers."""
    _, model, extractor, multilingual, _ = speech
    if multilingual:  # without a language generate() leaves the task's token out of the prompt
        parameters = {"task": "transcribe"} | parameters
    given = {"truncation": False, "padding": "longest"} if len(waveform) > 480_000 else {}
    inputs = extractor(
        waveform, sampling_rate=16_000, return_tensors="pt", return_attention_mask=True, **given
    )
    ids = model.generate(**inputs, **parameters)[0].tolist()
    return [index for index in ids if index < tiny_speech.END]


def test_whisper_proof_and_greedy(speech: Any) -> None:
    engine, _, _, multilingual, kept = speech
    assert kept.drift.figures["next_token_agreement"] == 1.0
    assert kept.drift.figures["perplexity_ratio"] == pytest.approx(1.0, abs=1e-3)
    for seed in range(4):
        waveform = tiny_speech.sound(5, seed)
        chosen = {"language": "fr", "task": "translate"} if multilingual else {}
        for given in ({}, chosen, {"max_new_tokens": 4}):
            expected = engine._codec.decode(heard(speech, waveform, **given))
            assert ask(engine, waveform, **given) == [{"text": expected}]


def test_whisper_samples_by_seed_and_tells_what_it_wrote(speech: Any) -> None:
    engine = speech[0]
    waveform = tiny_speech.sound(5, 1)
    outcome = run(engine, waveform, max_new_tokens=12)
    greedy = outcome.results
    assert 0 < outcome.tokens <= 12
    assert ask(engine, waveform, max_new_tokens=12, do_sample=True, top_k=1) == greedy
    given = {"max_new_tokens": 12, "do_sample": True, "temperature": 5.0, "top_k": 1000}
    first = ask(engine, waveform, seed=7, **given)
    assert first != greedy
    assert ask(engine, waveform, seed=8, **given) != first
    assert ask(engine, waveform, seed=7, **given) == first


def test_whisper_times(speech: Any) -> None:
    engine = speech[0]
    waveform = tiny_speech.sound(6, 1)
    (result,) = ask(engine, waveform, return_timestamps=True)
    assert result["text"] == engine._codec.decode(heard(speech, waveform, return_timestamps=True))
    assert "".join(chunk["text"] for chunk in result["chunks"]) == result["text"]
    for chunk in result["chunks"]:
        start, end = chunk["timestamp"]
        assert 0 <= start <= end


def test_whisper_hears_long_sound_in_windows(speech: Any) -> None:
    engine = speech[0]
    waveform = tiny_speech.sound(70, 2)
    expected = engine._codec.decode(heard(speech, waveform, return_timestamps=True))
    assert ask(engine, waveform)[0]["text"] == expected


def test_whisper_refuses_what_it_does_not_know(speech: Any) -> None:
    engine, _, _, multilingual, _ = speech
    with pytest.raises(InvalidField, match="task"):
        ask(engine, tiny_speech.sound(1), task="sing" if multilingual else "translate")
    with pytest.raises(InvalidField, match=r"^parameters.language"):
        ask(engine, tiny_speech.sound(1), language="tlh")
    assert ask(engine, tiny_speech.sound(1), language="English")
    if multilingual:
        assert ask(engine, tiny_speech.sound(1), language="French") == ask(
            engine, tiny_speech.sound(1), language="fr"
        )


def test_pickle_weights_are_refused(tmp_path: Path) -> None:
    snapshot = text_to_text.bart(tmp_path / "snapshot")
    (snapshot / "model.safetensors").unlink()
    (snapshot / "pytorch_model.bin").write_bytes(b"not even a pickle")
    with pytest.raises(OSError, match="safetensors"):
        converted(snapshot, tmp_path / "artifact", "summarization")


SERVE = """
import sys
from pathlib import Path
from inference.engines.ctranslate.engine import open_engine
from inference.engines.ctranslate.log_mel import log_mel
from inference.engines.ctranslate.memory import BASE_BYTES, read_shape
from inference.task import Call
engine = open_engine(Path(sys.argv[1]), "summarization", 1)
engine.run(Call(["The quick brown fox."], {"num_beams": 2}, is_list=True))
print(*sorted({name.split(".")[0] for name in sys.modules}))
"""


def test_serving_imports_neither_torch_nor_transformers(tmp_path: Path) -> None:
    converted(text_to_text.bart(tmp_path / "snapshot"), tmp_path / "artifact", "summarization")
    done = subprocess.run(
        [sys.executable, "-c", SERVE, str(tmp_path / "artifact")],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded = set(done.stdout.split())
    assert "ctranslate2" in loaded
    assert {"torch", "transformers", "huggingface_hub"} & loaded == set()
