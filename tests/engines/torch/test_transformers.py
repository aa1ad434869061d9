"""Models that stay on torch: our heads where the tokenizer can be written down, else pipelines."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING, Any

import pytest

from inference.cache.artifact import Artifact
from inference.convert.proofs import recordings as proof_recordings
from inference.convert.tokenizer import write_tokenizer
from inference.engines.onnx.heads.automatic_speech_recognition import AutomaticSpeechRecognition
from inference.engines.torch.transformers import PipelineEngine, WriterEngine, load
from inference.errors import InvalidField, ModelUnavailable
from inference.task import Call
from inference.task_kinds import SPEECH
from tests.support.models import text_to_text
from tests.support.models.decoders import make_snapshot
from tests.support.models.heads import LABELS, TEXTS, make_model, with_its_marks
from tests.support.models.letters import make_letters
from tests.support.models.manifests import manifest

if TYPE_CHECKING:
    from pathlib import Path

CALLS: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "fill-mask": (["A <mask>."], {"top_k": 3}),
    "text-classification": (TEXTS, {}),
    "token-classification": (TEXTS, {}),
    "zero-shot-classification": (TEXTS, {"candidate_labels": ["Oslo", "news"]}),
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "text-classification": {"top_k": None},
    "token-classification": {"aggregation_strategy": "simple"},
}

pytestmark = pytest.mark.filterwarnings("default")


def artifact(folder: Path, pipeline_tag: str) -> Artifact:
    return Artifact(folder, manifest("transformers", pipeline_tag))


def pipe(folder: Path, pipeline_tag: str) -> Any:
    from transformers import pipeline

    return pipeline(pipeline_tag, model=str(folder), device="cpu")


def scores(answers: list[dict[str, Any]]) -> list[float]:
    return [float(entry["score"]) for entry in answers]


def expected_of(pipeline: Any, pipeline_tag: str, item: Any, parameters: dict[str, Any]) -> Any:
    answer = pipeline(item, **{**DEFAULTS.get(pipeline_tag, {}), **parameters})
    if pipeline_tag == "zero-shot-classification":
        pairs = zip(answer["labels"], answer["scores"], strict=True)
        return [{"label": label, "score": score} for label, score in pairs]
    if pipeline_tag == "token-classification":
        return [with_its_marks(item, entry) for entry in answer]
    return answer


def same(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    assert [{**entry, "score": 0} for entry in found] == [{**entry, "score": 0} for entry in expected]
    assert scores(found) == pytest.approx(scores(expected), abs=1e-4)
    assert all(type(entry["score"]) is float for entry in found)


@pytest.mark.parametrize("tag", sorted(CALLS))
def test_our_heads_answer_on_torch(tmp_path: Path, tag: str) -> None:
    snapshot = make_model(tmp_path / "model", tag, "bert")
    inputs, parameters = CALLS[tag]
    found = load(artifact(snapshot, tag), tag, 1).run(Call(inputs, parameters, is_list=True)).results
    pipeline = pipe(snapshot, tag)
    for item, answers in zip(inputs, found, strict=True):
        same(answers, expected_of(pipeline, tag, item, parameters))


def test_questions_are_answered_on_torch(tmp_path: Path) -> None:
    snapshot = make_model(tmp_path / "model", "question-answering", "bert")
    engine = load(artifact(snapshot, "question-answering"), "question-answering", 1)
    item = {"question": "Who?", "context": TEXTS[1]}
    answer = engine.run(Call([item], {}, is_list=False)).results[0][0]
    assert answer["answer"] == TEXTS[1][answer["start"] : answer["end"]] != ""


def test_a_repository_with_nothing_but_a_vocabulary_is_read_as_transformers_reads_it(tmp_path: Path) -> None:
    """Cased, and with special tokens that no file names: the library's class knows them."""
    tag = "token-classification"
    snapshot = make_model(tmp_path / "model", tag, "bert")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (snapshot / name).unlink()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "Maria", "moved", "mo", "##ved", "to", "Oslo", "?"]
    (snapshot / "vocab.txt").write_text("\n".join([*words, "did", "##n", "'", "t", "she", ","]) + "\n")
    (snapshot / "tokenizer_config.json").write_text('{"do_lower_case": false, "model_max_length": 64}')
    reference = pipe(shutil.copytree(snapshot, tmp_path / "untouched"), tag)
    link = tmp_path / "linked.json"
    link.hardlink_to(snapshot / "tokenizer_config.json")
    write_tokenizer(snapshot, snapshot)
    assert link.read_text() == '{"do_lower_case": false, "model_max_length": 64}'  # replaced, not written to
    found = (
        load(artifact(snapshot, tag), tag, 1)
        .run(Call(TEXTS, {"aggregation_strategy": "none", "ignore_labels": []}, is_list=True))
        .results
    )
    for text, answers in zip(TEXTS, found, strict=True):
        same(answers, reference(text, aggregation_strategy="none", ignore_labels=[]))
    assert "Maria" in {entry["word"] for entry in found[1]}


@pytest.fixture(scope="module")
def canine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A family whose tokenizer is Python code: each character's own number."""
    import torch
    from transformers import CanineConfig, CanineForTokenClassification, CanineTokenizer

    folder = tmp_path_factory.mktemp("canine")
    CanineTokenizer().save_pretrained(folder)
    torch.manual_seed(7)
    labels = LABELS["token-classification"]
    config = CanineConfig(
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=256,
        num_hash_buckets=64,
        num_hash_functions=2,
        initializer_range=0.3,
        id2label=dict(enumerate(labels)),
        label2id={name: number for number, name in enumerate(labels)},
    )
    CanineForTokenClassification(config).save_pretrained(folder)
    return folder


def test_a_tokenizer_in_python_is_served_by_a_pipeline(canine: Path) -> None:
    write_tokenizer(canine, canine)
    assert not (canine / "tokenizer.json").exists()
    engine = load(artifact(canine, "token-classification"), "token-classification", 1)
    assert isinstance(engine, PipelineEngine)
    found = engine.run(Call(TEXTS[:2], {"ignore_labels": None}, is_list=True)).results
    reference = pipe(canine, "token-classification")
    for text, answers in zip(TEXTS[:2], found, strict=True):
        same(answers, reference(text, aggregation_strategy="simple"))


def test_a_tokenizer_in_python_answers_no_questions_and_says_why(canine: Path) -> None:
    with pytest.raises(ModelUnavailable, match="written in Python, which question-answering cannot use"):
        load(artifact(canine, "question-answering"), "question-answering", 1)


def test_text_of_an_unknown_decoder_is_continued(tmp_path: Path) -> None:
    import torch
    from transformers import BloomConfig, BloomForCausalLM

    snapshot = make_model(tmp_path / "model", "fill-mask", "roberta")  # for its tokenizer
    torch.manual_seed(7)
    config = BloomConfig(vocab_size=600, hidden_size=32, n_layer=1, n_head=2, eos_token_id=2, pad_token_id=0)
    BloomForCausalLM(config).save_pretrained(snapshot)
    tag = "text-generation"
    engine = load(artifact(snapshot, tag), tag, 1)
    assert isinstance(engine, PipelineEngine)
    given = {"max_new_tokens": 4, "do_sample": False}
    pipeline = pipe(snapshot, tag)
    found = engine.run(Call(["Maria moved"], {**given, "return_full_text": None}, is_list=False)).results
    assert found == pipeline("Maria moved", **given, return_full_text=False)
    whole = engine.run(Call(["Maria moved"], {**given, "return_full_text": True}, is_list=False)).results
    assert whole == [{"generated_text": "Maria moved" + found[0]["generated_text"]}]
    drawn = {"max_new_tokens": 8, "do_sample": True, "temperature": 5.0}
    one, same, other = (
        engine.run(Call(["Maria moved"], {**drawn, "seed": seed}, is_list=False)) for seed in (1, 1, 2)
    )
    assert one == same != other
    with pytest.raises(InvalidField, match="parameters.stop: is not known to the engine"):
        engine.run(Call(["Maria moved"], {**given, "stop": ["x"]}, is_list=False))


def test_letters_are_heard_by_the_same_head_without_a_conversion(tmp_path: Path) -> None:
    snapshot = make_letters(tmp_path / "model", "wav2vec2")
    waveform = proof_recordings.recording(0)
    engine = load(artifact(snapshot, SPEECH), SPEECH, 1)
    assert isinstance(engine, AutomaticSpeechRecognition)
    [found] = engine.run(Call([waveform], {}, is_list=False)).results
    assert found == pipe(snapshot, SPEECH)({"raw": waveform.copy(), "sampling_rate": 16_000})


def test_speech_of_a_vocabulary_that_we_do_not_read_is_heard_by_a_pipeline(tmp_path: Path) -> None:
    import json

    named = {"tokenizer_class": "Wav2Vec2CTCTokenizer", "target_lang": "eng"}
    snapshot = make_letters(tmp_path / "model", "wav2vec2", named)
    vocabulary = snapshot / "vocab.json"
    vocabulary.write_text(json.dumps({"eng": json.loads(vocabulary.read_text())}))
    engine = load(artifact(snapshot, SPEECH), SPEECH, 1)
    assert isinstance(engine, PipelineEngine)
    waveform = proof_recordings.recording(0)
    [found] = engine.run(Call([waveform], {}, is_list=False)).results
    assert found == pipe(snapshot, SPEECH)({"raw": waveform.copy(), "sampling_rate": 16_000})
    assert found["text"]
    assert engine.run(Call([waveform], {"return_timestamps": False}, is_list=False)).results == [found]
    for given in ({"return_timestamps": True}, {"language": "en"}, {"num_beams": 2}):
        with pytest.raises(InvalidField, match=f"parameters.{next(iter(given))}: is not known to the engine"):
            engine.run(Call([waveform], given, is_list=False))


@pytest.mark.parametrize("tag", ["summarization", "translation"])
def test_an_encoder_that_cannot_write_is_an_error_that_says_so(tmp_path: Path, tag: str) -> None:
    snapshot = make_model(tmp_path / "model", "fill-mask", "bert")
    with pytest.raises(ModelUnavailable, match=f"no encoder-decoder, which {tag} needs"):
        load(artifact(snapshot, tag), tag, 1)


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> WriterEngine:
    snapshot = make_snapshot(tmp_path_factory.mktemp("llama"), "llama")
    engine = load(artifact(snapshot, "text-generation"), "text-generation", 1)
    assert isinstance(engine, WriterEngine)
    return engine


@pytest.mark.parametrize("length", [1, 20])
def test_a_pipeline_streams_what_it_answers(writer: PipelineEngine, length: int) -> None:
    call = Call(["Hello there my friend"], {"max_new_tokens": length, "do_sample": False}, is_list=False)
    (whole,) = writer.run(call).results
    stream = writer.run_streamed(call)
    pieces = list(stream.pieces)
    assert "".join(piece.text for piece in pieces) == whole["generated_text"].rstrip("\ufffd")
    assert sum(piece.tokens for piece in pieces) == length
    assert pieces[-1].finish_reason == "length"
    assert stream.prompt_tokens > 1


def test_a_pipeline_ends_where_nobody_asks_further(writer: PipelineEngine) -> None:
    call = Call(["Hello there my friend"], {"max_new_tokens": 2000, "do_sample": False}, is_list=False)
    before = threading.active_count()
    pieces = writer.run_streamed(call).pieces
    assert next(pieces).token_id is not None
    pieces.close()
    assert threading.active_count() == before


def test_an_error_on_the_pipelines_own_thread_is_raised(writer: PipelineEngine) -> None:
    call = Call(["Hello"], {"max_new_tokens": 5, "temperature": "hot", "do_sample": True}, is_list=False)
    with pytest.raises(ValueError, match="strictly positive"):
        list(writer.run_streamed(call).pieces)


CHAT = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who is Ada?"}]


def test_a_conversation_is_answered_as_transformers_answers_it(writer: WriterEngine) -> None:
    tokenizer, model = writer._pipeline.tokenizer, writer._pipeline.model
    given = tokenizer.apply_chat_template(
        CHAT, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    made = model.generate(**given, max_new_tokens=12, do_sample=False)[0, given["input_ids"].shape[1] :]
    parameters = {"max_new_tokens": 12, "do_sample": False, "logit_bias": {}, "tools": None}
    done = writer.complete(CHAT, parameters)
    expected = tokenizer.decode(made, skip_special_tokens=True)
    assert "".join(done.pieces) == expected.rstrip("\ufffd")
    assert done.prompt_tokens == given["input_ids"].shape[1]
    assert (done.completion_tokens, done.finish_reason) == (12, "length")
    stop = expected[len(expected) // 2 :][:2]
    cut = writer.complete(CHAT, {**parameters, "stop": [stop]})
    assert "".join(cut.pieces) == expected[: expected.index(stop)]
    assert cut.finish_reason == "stop"


def test_a_prompt_beyond_the_window_is_cut_and_told(writer: WriterEngine) -> None:
    done = writer.complete("word " * 300, {"max_new_tokens": 5, "do_sample": False})
    assert (done.truncated, done.completion_tokens) == (1, 5)


@pytest.mark.parametrize("name", ["tools", "logprobs", "frequency_penalty"])
def test_what_torch_does_not_do_in_a_conversation_is_refused_by_name(writer: WriterEngine, name: str) -> None:
    with pytest.raises(InvalidField, match=name):
        writer.complete(CHAT, {name: 1})


def test_an_encoder_decoder_writes_what_generate_writes(tmp_path: Path) -> None:
    import torch
    import transformers

    snapshot = text_to_text.t5(tmp_path / "t5")
    engine = load(artifact(snapshot, "summarization"), "summarization", 1)
    texts = text_to_text.SENTENCES[:2]
    found = engine.run(Call([*texts, "word " * 900], {"max_new_tokens": 8, "seed": None}, is_list=True))
    tokenizer = transformers.AutoTokenizer.from_pretrained(snapshot)
    model = transformers.AutoModelForSeq2SeqLM.from_pretrained(snapshot, dtype=torch.float32)
    for text, answer in zip(texts, found.results, strict=False):
        made = model.generate(tokenizer(text, return_tensors="pt")["input_ids"], max_new_tokens=8)
        assert answer == {"summary_text": tokenizer.decode(made[0], skip_special_tokens=True)}
    assert found.truncated == 1
    with pytest.raises(InvalidField, match="src_lang"):
        engine.run(Call(texts, {"src_lang": "en"}, is_list=True))
