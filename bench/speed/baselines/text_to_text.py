"""CTranslate2 on token ids: in our artifacts they are the vocabulary."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import ctranslate2

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def load(folder: Path, threads: int) -> Callable[[Any], Any]:
    """Runs all texts in one batch and returns a text for each."""
    translator = ctranslate2.Translator(str(folder), device="cpu", inter_threads=1, intra_threads=threads)
    facts = json.loads((folder / "serving.json").read_text())
    settings = json.loads((folder / "generation_config.json").read_text())
    encode, decode = _codec(folder, facts)
    forced = settings.get("forced_bos_token_id")
    prompt = [str(facts["start"]), *([] if forced is None else [str(forced)])]
    frame = facts["before"], facts["after"]

    def answer(inputs: Any) -> list[str]:
        texts = [inputs] if isinstance(inputs, str) else inputs
        sources = [[str(index) for index in (*frame[0], *encode(text), *frame[1])] for text in texts]
        results = translator.translate_batch(
            sources,
            target_prefix=[prompt] * len(sources),
            beam_size=settings["num_beams"],
            length_penalty=settings.get("length_penalty") or 1.0,
            no_repeat_ngram_size=settings.get("no_repeat_ngram_size") or 0,
            patience=1.0 if settings.get("early_stopping") else 2.0,
            min_decoding_length=settings["min_new_tokens"],
            max_decoding_length=settings["max_new_tokens"],
            max_batch_size=16,
            end_token=[str(index) for index in facts["ends"]],
            return_end_token=True,
        )
        return [decode([int(name) for name in result.hypotheses[0]]) for result in results]

    return answer


def _codec(
    folder: Path, facts: dict[str, Any]
) -> tuple[Callable[[str], list[int]], Callable[[list[int]], str]]:
    if facts["codec"] == "json":
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        return lambda text: list(tokenizer.encode(text, add_special_tokens=False).ids), tokenizer.decode
    from sentencepiece import SentencePieceProcessor

    pieces = SentencePieceProcessor(model_file=str(folder / "source.spm"))
    ids = json.loads((folder / "vocab.json").read_text())
    names = {index: piece for piece, index in ids.items() if index not in facts["specials"]}
    return (
        lambda text: [ids.get(piece, facts["unknown"]) for piece in pieces.encode(text, out_type=str)],
        lambda found: "".join(names[index] for index in found if index in names).replace("▁", " ").strip(),
    )
