"""What serving needs to know about a repository, asked of transformers once and written into the artifact."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

from inference.convert.tokenizer import write_vocabulary
from inference.engines.ctranslate.config import GENERATION, SpeechFacts, TextFacts, write
from inference.engines.ctranslate.whisper import FILTERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LANGUAGE = re.compile(r"__([a-z]{2,3})__|([a-z]{3}_[A-Z][a-z]{3})|([a-z]{2}_[A-Z]{2})")
"""Language tokens of M2M100, NLLB and mBART."""
MULTILINGUAL = frozenset(["m2m_100", "mbart"])
SENTENCEPIECE = {"MarianTokenizer": "marian", "M2M100Tokenizer": "m2m_100"}
"""Tokenizers that transformers itself runs on SentencePiece."""
RELATIVE_TARGET = 1024
"""Where positions are relative and nothing bounds an output but patience (T5)."""
MULTILINGUAL_VOCABULARY = 51_865
"""From this size on, Whisper's vocabulary has languages (OpenAI's whisper, ``Whisper.is_multilingual``)."""
TASKS = ("transcribe", "translate")
SANE_WINDOW = 1_000_000
"""A tokenizer without a limit says 10^30."""


def describe_text(model: Any, tokenizer: Any, config: Mapping[str, Any], folder: Path) -> TextFacts:
    """Write the text model's facts, generation settings and tokenizer files into ``folder``."""
    facts = _text_facts(model, tokenizer, config)
    write(facts, folder)
    _write_generation(model, folder)
    if facts.codec == "json":
        write_vocabulary(tokenizer, folder)
    else:
        if getattr(tokenizer, "separate_vocabs", False):
            raise ValueError("a Marian model with two vocabularies is not supported")
        source = tokenizer.spm_files[0] if facts.codec == "marian" else tokenizer.spm_file
        shutil.copyfile(source, folder / "source.spm")
        vocabulary = json.dumps(tokenizer.encoder, ensure_ascii=False)
        (folder / "vocab.json").write_text(vocabulary, encoding="utf-8")
    return facts


def _text_facts(model: Any, tokenizer: Any, config: Mapping[str, Any]) -> TextFacts:
    kind = "seq2seq" if model.config.is_encoder_decoder else "causal"
    before, after = _frame(tokenizer)
    languages = _languages(tokenizer) if model.config.model_type in MULTILINGUAL else {}
    framing = {index: code for code, index in languages.items()}
    ends = model.generation_config.eos_token_id
    ends = model.config.eos_token_id if ends is None else ends
    return TextFacts(
        kind=kind,
        codec=SENTENCEPIECE.get(type(tokenizer).__name__, "json"),
        vocabulary_size=int(model.config.vocab_size),
        source_window=_source_window(model.config, tokenizer),
        target_window=_positions(model.config) or RELATIVE_TARGET,
        start=_start(model),
        ends=tuple(ends) if isinstance(ends, list) else (ends,),
        specials=tuple(sorted(set(tokenizer.all_special_ids))),
        unknown=tokenizer.unk_token_id,
        before=before,
        after=after,
        languages=languages,
        source_language=next((framing[i] for i in (*before, *after) if i in framing), None),
        language_starts=model.config.model_type == "mbart" and type(tokenizer).__name__ == "MBartTokenizer",
        task_parameters=_task_parameters(config),
        clean_up=_cleans_up(tokenizer),
    )


def _task_parameters(config: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by task; a ``prefix`` for all tasks, as OPT has one, is one of text generation's."""
    found = dict(config.get("task_specific_params") or {})
    if config.get("prefix"):
        found["text-generation"] = {"prefix": config["prefix"], **found.get("text-generation", {})}
    return found


def _start(model: Any) -> int:
    for config in (model.generation_config, model.config):
        for name in ("decoder_start_token_id", "bos_token_id"):
            index = getattr(config, name, None)
            if index is not None:
                return int(index)
    raise ValueError("the model does not say which token its decoder starts from")


def _frame(tokenizer: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The special ids that the tokenizer puts before and behind a text."""
    bare = tokenizer("a", add_special_tokens=False)["input_ids"]
    full = tokenizer("a")["input_ids"]
    for place in range(len(full) - len(bare) + 1):
        if full[place : place + len(bare)] == bare:
            return tuple(full[:place]), tuple(full[place + len(bare) :])
    raise ValueError("the tokenizer frames a text in a way that cannot be told apart from it")


def _languages(tokenizer: Any) -> dict[str, int]:
    if hasattr(tokenizer, "lang_code_to_id"):
        return {code: int(index) for code, index in tokenizer.lang_code_to_id.items()}
    found = {token: LANGUAGE.fullmatch(token) for token in tokenizer.get_added_vocab()}
    added = tokenizer.get_added_vocab()
    return {next(filter(None, match.groups())): int(added[token]) for token, match in found.items() if match}


def _positions(config: Any) -> int | None:
    for name in ("max_position_embeddings", "n_positions", "n_ctx", "seq_length"):
        value = getattr(config, name, None)
        if value is not None and not getattr(config, "relative_attention_num_buckets", None):
            return int(value)
    return None


def _source_window(config: Any, tokenizer: Any) -> int:
    """The smaller of what the tokenizer and the model's positions allow; else T5's training length."""
    limits = [_positions(config), getattr(tokenizer, "model_max_length", None)]
    sane = [int(limit) for limit in limits if limit is not None and limit < SANE_WINDOW]
    return min(sane) if sane else int(getattr(config, "n_positions", 512) or 512)


def _cleans_up(tokenizer: Any) -> bool:
    """transformers ignores the wish for byte-level BPE, where it would corrupt text, unless told twice."""
    wanted = bool(getattr(tokenizer, "clean_up_tokenization_spaces", False))
    if not wanted or not hasattr(tokenizer, "backend_tokenizer"):
        return wanted
    text = "a , b"
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    return bool(tokenizer.decode(ids) != tokenizer.decode(ids, clean_up_tokenization_spaces=False))


def _write_generation(model: Any, folder: Path) -> None:
    values = json.loads(model.generation_config.to_json_string(use_diff=False))
    if model.config.model_type == "marian" and values.get("bad_words_ids"):
        padding = [model.config.pad_token_id]  # forbidden by every Marian model, and absent from the artifact
        values["bad_words_ids"] = [ids for ids in values["bad_words_ids"] if ids != padding] or None
    (folder / GENERATION).write_text(json.dumps(values, indent=1) + "\n")


def describe_speech(model: Any, tokenizer: Any, extractor: Any, folder: Path) -> SpeechFacts:
    """Write a Whisper model's facts, generation settings, tokenizer and mel filters into ``folder``."""
    import numpy as np
    from transformers.models.whisper.tokenization_whisper import TO_LANGUAGE_CODE

    generation = model.generation_config
    codes, tasks = languages_and_tasks(model, tokenizer)
    usual_language, usual_task = usual(model, codes, tasks)
    no_timestamps = _no_timestamps(model, tokenizer)
    facts = SpeechFacts(
        kind="speech",
        vocabulary_size=int(model.config.vocab_size),
        start=int(generation.decoder_start_token_id or model.config.decoder_start_token_id),
        end=int(model.config.eos_token_id),
        no_timestamps=no_timestamps,
        first_timestamp=no_timestamps + 1,
        target_window=int(model.config.max_target_positions),
        max_initial_timestamp=int(getattr(generation, "max_initial_timestamp_index", None) or 50),
        languages=codes,
        language_names={name: code for name, code in TO_LANGUAGE_CODE.items() if code in codes},
        tasks=tasks,
        usual_language=usual_language,
        usual_task=usual_task,
    )
    write(facts, folder)
    _write_generation(model, folder)
    write_vocabulary(tokenizer, folder)
    np.save(folder / FILTERS, np.asarray(extractor.mel_filters, np.float32))
    return facts


def languages_and_tasks(model: Any, tokenizer: Any) -> tuple[dict[str, int], dict[str, int]]:
    """Code and task -> token id; both empty for a model that knows English only.

    Fine-tunes from before generation settings had a file of their own say nothing of it: then the size of the
    vocabulary tells which models know languages (OpenAI's whisper, ``is_multilingual``), and the tokenizer
    has their names.
    """
    from transformers.models.whisper.tokenization_whisper import TO_LANGUAGE_CODE

    generation = model.generation_config
    is_multilingual = getattr(generation, "is_multilingual", None)
    if is_multilingual is None and getattr(generation, "lang_to_id", None) is None:
        if model.config.vocab_size < MULTILINGUAL_VOCABULARY:
            return {}, {}
        known = tokenizer.get_vocab()
        codes = sorted({*TO_LANGUAGE_CODE.values()})
        languages = {code: known[f"<|{code}|>"] for code in codes if f"<|{code}|>" in known}
        return languages, {task: known[f"<|{task}|>"] for task in TASKS if f"<|{task}|>" in known}
    if not is_multilingual:
        return {}, {}
    languages = {name.strip("<|>"): int(index) for name, index in (generation.lang_to_id or {}).items()}
    return languages, dict(getattr(generation, "task_to_id", None) or {})


def usual(model: Any, codes: dict[str, int], tasks: dict[str, int]) -> tuple[str | None, str | None]:
    """Language and task that a fine-tune is for: by name, or by the ids that older ones force."""
    from transformers.models.whisper.tokenization_whisper import TO_LANGUAGE_CODE

    named = getattr(model.generation_config, "language", None)
    task = getattr(model.generation_config, "task", None)
    if named is None and task is None:
        settings = (model.generation_config, model.config)
        forced: list[tuple[int, int | None]] = next(
            (ids for each in settings if (ids := getattr(each, "forced_decoder_ids", None))), []
        )
        ids = {index for _, index in forced}
        code = next((code for code, index in codes.items() if index in ids), None)
        return code, next((name for name, index in tasks.items() if index in ids), None)
    plain = str(named or "").lower().strip("<|>")
    code = TO_LANGUAGE_CODE.get(plain, plain)
    return (code if code in codes else None), (task if task in tasks else None)


def _no_timestamps(model: Any, tokenizer: Any) -> int:
    """Named by the generation settings of every repository since 2023, and by the tokenizer before."""
    index = getattr(model.generation_config, "no_timestamps_token_id", None)
    return int(tokenizer.convert_tokens_to_ids("<|notimestamps|>") if index is None else index)


def speech_names(model: Any, tokenizer: Any) -> list[str]:
    """Token names by id; CTranslate2 finds Whisper's special tokens by theirs."""
    by_id = {index: name for name, index in tokenizer.get_vocab().items()}
    first = _no_timestamps(model, tokenizer) + 1
    return [
        by_id.get(index) or (f"<|{(index - first) * 0.02:.2f}|>" if index >= first else f"<|unused{index}|>")
        for index in range(model.config.vocab_size)
    ]
