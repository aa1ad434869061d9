"""Tiny random models of every family, with tokenizers trained on a few sentences, saved as Hub repositories.

Random weights repeat one token for ever unless they are large; these are, and their end token is made
likelier, so that outputs vary in content and length.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import torch
import transformers
from sentencepiece import SentencePieceTrainer
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

if TYPE_CHECKING:
    from pathlib import Path

SENTENCES = [
    "The quick brown fox jumps over the lazy dog.",
    "A model that nobody calls should cost nothing at all.",
    "Le chat dort sur le canapé depuis ce matin, dit-elle.",
    "Zürich, São Paulo, 東京 and Москва are four cities.",
    "She sold 1,234 sea shells for $56.78 on the sea shore!",
    "Translate this, summarize that, and then go home early.",
    "It was the best of times, it was the worst of times.",
    "Numbers: one two three four five six seven eight nine ten.",
    "Functions sleep until an event wakes them up again.",
    "Rain fell on the empty square while the clock struck nine.",
]
TEXTS = [
    "The quick brown fox.",
    "A model that nobody calls should cost nothing, and the lazy dog sleeps on the sea shore.",
    "naïve café — 東京 🦊 Ω",
    "",
    "one two three " * 60,
]
MARKS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
TORCH_SIZES: dict[str, Any] = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "max_position_embeddings": 64,
}


def shake(model: Any, end: int, seed: int = 0, std: float = 0.3) -> Any:
    """Weights large enough for varied outputs; padding rows stay zero; the end token stands out."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad and parameter.dim() == 2:
                parameter.normal_(0.0, std)
        for module in model.modules():
            if isinstance(module, torch.nn.Embedding) and module.padding_idx is not None:
                module.weight[module.padding_idx] = 0.0
        model.get_output_embeddings().weight[end] *= 1.8
    return model.eval()


def save(folder: Path, model: Any, tokenizer: Any) -> Path:
    """A repository as the Hub has it."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def byte_level(marks: list[str], frame: tuple[str, str] | None) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=500,
        special_tokens=marks,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    if frame:
        ids = [(mark, tokenizer.token_to_id(mark)) for mark in frame]
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{frame[0]} $A {frame[1]}", special_tokens=ids
        )
    return tokenizer


def unigram(marks: list[str]) -> Tokenizer:
    """Made, not trained: the trainer's result varies, and with it near ties between two implementations."""
    words = sorted({f"▁{word}" for sentence in SENTENCES for word in sentence.split()})
    characters = sorted({character for word in words for character in word})
    pieces = [*((mark, 0.0) for mark in marks), *((word, -4.0) for word in words)]
    pieces += [(character, -8.0) for character in characters]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=marks.index("<unk>")))
    tokenizer.add_special_tokens(marks)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    end = tokenizer.token_to_id("</s>")
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", end)])
    return tokenizer


def fast(tokenizer: Tokenizer, **marks: Any) -> Any:
    given = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"} | marks
    return transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=64, **given)


def sentencepiece(folder: Path, name: str, size: int = 200, **options: Any) -> Path:
    """Train a SentencePiece model on the sentences; gives the file."""
    folder.mkdir(parents=True, exist_ok=True)
    text = folder / f"{name}.txt"
    text.write_text("\n".join(SENTENCES * 4), encoding="utf-8")
    SentencePieceTrainer.train(
        input=str(text),
        model_prefix=str(folder / name),
        vocab_size=size,
        hard_vocab_limit=False,
        minloglevel=2,
        **options,
    )
    return folder / f"{name}.model"


def bart(folder: Path) -> Path:
    tokenizer = fast(byte_level(MARKS, ("<s>", "</s>")))
    config = transformers.BartConfig(vocab_size=len(tokenizer), **TORCH_SIZES)
    model = shake(transformers.BartForConditionalGeneration(config), 2, seed=3)
    model.generation_config.update(forced_bos_token_id=0, forced_eos_token_id=2, max_length=24)
    return save(folder, model, tokenizer)


def pegasus(folder: Path) -> Path:
    tokenizer = fast(unigram(["<pad>", "</s>", "<unk>", "<mask>"]), bos_token=None)
    config = transformers.PegasusConfig(
        vocab_size=len(tokenizer), pad_token_id=0, eos_token_id=1, decoder_start_token_id=0, **TORCH_SIZES
    )
    model = shake(transformers.PegasusForConditionalGeneration(config), 1, seed=1)
    model.generation_config.update(forced_eos_token_id=1, max_length=24)
    return save(folder, model, tokenizer)


def t5(folder: Path, **changes: Any) -> Path:
    tokenizer = fast(unigram(["<pad>", "</s>", "<unk>"]), bos_token=None)
    config = _t5_config(len(tokenizer), changes)
    model = shake(transformers.T5ForConditionalGeneration(config), 1, seed=2)
    model.generation_config.update(max_length=24)
    return save(folder, model, tokenizer)


def _t5_config(size: int, changes: dict[str, Any]) -> Any:
    prefixes = {
        "summarization": {"prefix": "summarize: ", "max_length": 12, "num_beams": 2},
        "translation_en_to_de": {"prefix": "translate English to German: "},
    }
    given = {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4} | changes
    return transformers.T5Config(
        vocab_size=size, decoder_start_token_id=0, pad_token_id=0, eos_token_id=1,
        task_specific_params=prefixes, **given,
    )  # fmt: skip


def t5_slow(folder: Path) -> Path:
    """A repository with only ``spiece.model``, as old ones have."""
    spm = sentencepiece(folder / "work", "spiece", pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    spm.rename(folder / "spiece.model")
    model = transformers.T5ForConditionalGeneration(_t5_config(400, {}))
    shake(model, 1, seed=2).save_pretrained(folder)
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "T5Tokenizer", "model_max_length": 64})
    )
    return folder


def marian(folder: Path) -> Path:
    source = sentencepiece(folder / "work", "source")
    target = sentencepiece(folder / "work", "target", size=180)
    names = ["</s>", "<unk>", ">>fra<<", ">>deu<<"]
    for spm in (source, target):
        names += [line.split("\t")[0] for line in spm.with_suffix(".vocab").read_text().splitlines()]
    names = [*dict.fromkeys(name for name in names if name not in ("<s>", "▁zoo")), "<pad>"]
    vocabulary = folder / "work" / "vocab.json"
    vocabulary.write_text(json.dumps({name: index for index, name in enumerate(names)}))
    tokenizer = transformers.MarianTokenizer(
        source_spm=str(source), target_spm=str(target), vocab=str(vocabulary), model_max_length=64
    )
    config = transformers.MarianConfig(
        vocab_size=len(names), pad_token_id=len(names) - 1, eos_token_id=0, forced_eos_token_id=0,
        decoder_start_token_id=len(names) - 1, **TORCH_SIZES,
    )  # fmt: skip
    model = shake(transformers.MarianMTModel(config), 0, seed=4)
    model.generation_config.update(max_length=24, bad_words_ids=[[len(names) - 1]])
    return save(folder, model, tokenizer)


def m2m_100(folder: Path) -> Path:
    spm = sentencepiece(folder / "work", "sentencepiece.bpe")
    pieces = [line.split("\t")[0] for line in spm.with_suffix(".vocab").read_text().splitlines()]
    names = [*dict.fromkeys([*MARKS[:4], *pieces])]
    vocabulary = folder / "work" / "vocab.json"
    vocabulary.write_text(json.dumps({name: index for index, name in enumerate(names)}))
    tokenizer = transformers.M2M100Tokenizer(
        vocab_file=str(vocabulary), spm_file=str(spm), src_lang="en", tgt_lang="fr", model_max_length=64
    )
    config = transformers.M2M100Config(vocab_size=len(names) + 100 + 8, **TORCH_SIZES)
    model = shake(transformers.M2M100ForConditionalGeneration(config), 2, seed=5)
    model.generation_config.update(max_length=24)
    return save(folder, model, tokenizer)


def mbart(folder: Path) -> Path:
    state = json.loads(unigram(["<s>", "<pad>", "</s>", "<unk>"]).to_str())["model"]["vocab"]
    codes = [(code, 0.0) for code in ("de_DE", "en_XX", "fr_XX", "ro_RO")]
    tokenizer = transformers.MBartTokenizer(
        vocab=[(piece, score) for piece, score in state] + codes,
        src_lang="en_XX",
        tgt_lang="ro_RO",
        model_max_length=64,
    )
    start = tokenizer.convert_tokens_to_ids("ro_RO")
    config = transformers.MBartConfig(
        vocab_size=len(tokenizer), decoder_start_token_id=start, scale_embedding=True, **TORCH_SIZES
    )
    model = shake(transformers.MBartForConditionalGeneration(config), 2, seed=5)
    model.generation_config.update(max_length=24)
    return save(folder, model, tokenizer)


def gpt2(folder: Path) -> Path:
    return _decoder(folder, "gpt2", n_embd=32, n_positions=64)


def bloom(folder: Path) -> Path:
    return _decoder(folder, "bloom", hidden_size=32, seq_length=64, pad_token_id=0)


def gpt_neox(folder: Path) -> Path:
    sizes = {"hidden_size": 64, "intermediate_size": 64, "max_position_embeddings": 64}
    return _decoder(folder, "gpt_neox", num_hidden_layers=2, num_attention_heads=4, **sizes)


def opt(folder: Path) -> Path:
    """With a width of its own for tokens, as the 350m has, and a vocabulary that is no multiple of eight."""
    sizes = {"hidden_size": 32, "ffn_dim": 64, "word_embed_proj_dim": 16, "max_position_embeddings": 64}
    own = {"do_layer_norm_before": False, "pad_token_id": 0, "num_hidden_layers": 2}
    return _decoder(folder, "opt", num_attention_heads=4, **sizes, **own)


def _decoder(folder: Path, family: str, **own: int) -> Path:
    mark = "<|endoftext|>"
    wrapped = fast(byte_level([mark], None), bos_token=mark, eos_token=mark, unk_token=mark, pad_token=mark)
    config = transformers.AutoConfig.for_model(
        family, vocab_size=len(wrapped), n_layer=2, n_head=4, bos_token_id=0, eos_token_id=0, **own
    )
    model = shake(transformers.AutoModelForCausalLM.from_config(config), 0, seed=7)
    model.generation_config.update(max_new_tokens=16, pad_token_id=0)
    return save(folder, model, wrapped)


DECODERS = {"bloom": bloom, "gpt2": gpt2, "gpt_neox": gpt_neox, "opt": opt}
TEXT_FAMILIES = {
    "bart": bart,
    "pegasus": pegasus,
    "marian": marian,
    "t5": t5,
    "mbart": mbart,
    "m2m_100": m2m_100,
}
