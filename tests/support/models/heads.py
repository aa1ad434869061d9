"""Tiny random models for every text head, with the three usual kinds of tokenizer; on ONNX or torch."""

from __future__ import annotations

import json
import math
import shutil
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Any

from inference.convert.onnx import recipe
from inference.convert.recipe import Source
from inference.convert.tokenizer import write_tokenizer
from inference.engines.onnx.heads import head_class
from inference.engines.torch.encoder import load_model, runner
from inference.task_kinds import head_of
from tests.support.models.converted import convert
from tests.support.models.encoders import CONFIGS

if TYPE_CHECKING:
    from pathlib import Path

    from tokenizers import Tokenizer

    from inference.cache.artifact import Artifact

TEXTS = [
    "Good.",
    "Maria Santos moved from Lisbon to Oslo in 1998, didn't she?",
    "A comma,a dot.Then nothing   but  spaces ",
    "ünïcödé cafe\u0301 naïve 🎉👩‍👩‍👧 日本語のテキスト। नमस्ते दुनिया",
    "שלום עולם means hello, مرحبا too;",
    "東京 is not in Ελλάδα.",
    "🎉",
    " ",
]
"""Combining marks, a joined emoji, scripts without spaces or from right to left, and next to nothing."""
KNOWN = [text for text in TEXTS if "東京" not in text]
"""What vocabularies are made of; the text that is left out holds unknown letters."""
ODD = [
    "Maria\r\nSantos\tin\u200bOslo\ufeff.",
    "cafe\u0301 in \u202eOslo\u202c, n\u0303o? \u00adMaria",
    "👨\u200d👩\u200d👧 Lisbon\x00\x7f 🏳️\u200d🌈 Oslo",
]
"""Line ends, zero width, marks of direction, joined emoji and what is no text: all of it moves offsets."""
LONG = " ".join(f"{TEXTS[1]} No {number} 🎉 in Čeština." for number in range(12))
"""Several windows of a model that reads 64 tokens."""
WINDOW = 64
"""Tokens that each model reads at once."""
SPECIALS = ("<pad>", "<s>", "</s>", "<unk>", "<mask>")
LABELS = {
    "text-ranking": ("LABEL_0",),
    "token-classification": ("O", "B-PER", "I-PER", "B-LOC", "I-LOC"),
    "zero-shot-classification": ("contradiction", "neutral", "entailment"),
}
FAMILIES = {
    "albert": "metaspace",
    "bart": "bytelevel",
    "bert": "wordpiece",
    "camembert": "metaspace",
    "deberta": "bytelevel",
    "deberta-v2": "metaspace",
    "distilbert": "wordpiece",
    "electra": "wordpiece",
    "eurobert": "bytelevel",
    "mobilebert": "wordpiece",
    "modernbert": "bytelevel",
    "mpnet": "wordpiece",
    "nomic_bert": "wordpiece",
    "roberta": "bytelevel",
    "xlm-roberta": "metaspace",
}
"""Every family, with the kind of tokenizer that it comes with."""


def make_model(folder: Path, pipeline_tag: str, model_type: str, spread: float = 0.3, seed: int = 7) -> Path:
    """A repository of a model with random weights, so wide apart that answers hang on every input."""
    import torch
    import transformers

    tokenizer = tokenizer_of(FAMILIES[model_type])
    roles = ("pad_token", "cls_token", "sep_token", "unk_token", "mask_token")
    segments = ["token_type_ids"] if FAMILIES[model_type] == "wordpiece" else []
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=WINDOW,
        model_input_names=["input_ids", "attention_mask", *segments],
        **dict(zip(roles, SPECIALS, strict=True)),
    ).save_pretrained(folder)
    torch.manual_seed(seed)
    labels = LABELS.get(pipeline_tag, ("LABEL_0", "LABEL_1"))
    config = transformers.AutoConfig.for_model(
        model_type,
        vocab_size=len(tokenizer.get_vocab()),
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        cls_token_id=1,
        sep_token_id=2,
        initializer_range=spread,
        init_std=spread,
        id2label=dict(enumerate(labels)),
        label2id={name: number for number, name in enumerate(labels)},
        **CONFIGS[model_type],
    )
    getattr(transformers, head_class(pipeline_tag).AUTO_CLASS).from_config(config).save_pretrained(folder)
    return folder


def on_torch(snapshot: Path, pipeline_tag: str) -> Any:
    """The tag's head over torch, with its tokenizer as conversion writes it."""
    folder = snapshot.with_name(f"{snapshot.name}-head")
    shutil.copytree(snapshot, folder, dirs_exist_ok=True)
    write_tokenizer(snapshot, folder)
    cls = head_class(pipeline_tag)
    return cls(folder, runner(load_model(snapshot, pipeline_tag, 1), cls.OUTPUTS))


def converted(
    snapshot: Path, pipeline_tag: str, parent: Path, precision: str, inputs: tuple[Any, ...] = tuple(TEXTS)
) -> Artifact:
    """Convert and publish, as the child process does."""
    config = json.loads((snapshot / "config.json").read_text())
    source = Source(snapshot, config, pipeline_tag, inputs, precision, 1)
    return convert(recipe, source, parent, engine="onnx", head=head_of(pipeline_tag))[0]


def tokenizer_of(kind: str) -> Tokenizer:
    """Of the texts, with a small vocabulary, so that most words come in pieces."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from tokenizers.trainers import BpeTrainer

    cls, sep = ("<s>", 1), ("</s>", 2)
    if kind == "wordpiece":
        tokenizer = Tokenizer(models.WordPiece(unk_token="<unk>"))
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokenizer.decoder = decoders.WordPiece()
        pieces = _pieces(tokenizer, "##")
        vocabulary = {piece: number for number, piece in enumerate([*SPECIALS, *pieces])}
        tokenizer.model = models.WordPiece(vocabulary, unk_token="<unk>", max_input_chars_per_word=100)
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>", pair="<s> $A </s> $B:1 </s>:1", special_tokens=[cls, sep]
        )
    elif kind == "bytelevel":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
        trainer = BpeTrainer(vocab_size=600, special_tokens=list(SPECIALS), initial_alphabet=alphabet)
        tokenizer.train_from_iterator(KNOWN * 3, trainer)
        tokenizer.post_processor = processors.RobertaProcessing(sep, cls, add_prefix_space=False)
    else:
        tokenizer = Tokenizer(models.Unigram())
        tokenizer.normalizer = normalizers.NFKC()
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        tokenizer.decoder = decoders.Metaspace()
        pieces = _pieces(tokenizer, "")
        total = sum(pieces.values())
        scores = [(piece, math.log(count / total)) for piece, count in pieces.items()]
        tokenizer.model = models.Unigram([*((name, 0.0) for name in SPECIALS), *scores], unk_id=3)
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[cls, sep]
        )
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in SPECIALS])
    return tokenizer


def _pieces(tokenizer: Tokenizer, within: str) -> dict[str, int]:
    """Every letter, then the most frequent parts of words; ``within`` marks what does not begin a word.

    The library's own trainers of these kinds give another vocabulary each time, and with it other answers.
    """
    letters: Counter[str] = Counter()
    parts: Counter[str] = Counter()
    for text in KNOWN:
        for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(tokenizer.normalizer.normalize_str(text)):
            for start in range(len(word)):
                mark = within if start else ""
                letters[mark + word[start]] += 1
                parts.update(
                    mark + word[start:end] for end in range(start + 2, min(start + 4, len(word)) + 1)
                )
    frequent = sorted(parts.items(), key=lambda item: (-item[1], item[0]))
    return dict([*sorted(letters.items()), *frequent[: max(0, 145 - len(letters))]])


def with_its_marks(text: str, entry: dict[str, Any]) -> dict[str, Any]:
    """Our one difference from the pipeline: an entity does not end between a letter and its accent."""
    end = entry["end"]
    while "entity_group" in entry and end < len(text) and unicodedata.category(text[end]).startswith("M"):
        end += 1
    return {**entry, "end": end}
