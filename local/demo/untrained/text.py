"""Untrained text models: real architectures, small, with seeded random weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.convert.proofs import texts as proof_texts
from local.demo import cards

if TYPE_CHECKING:
    from collections.abc import Sequence

SEED = 3
SPREAD = 0.2
"""Standard deviation of the weights; large, so that different inputs get different answers."""
POSITIONS = 512
WORD_PIECES = Path(__file__).parents[1] / "models" / "hublet" / "demo-sentiment" / "tokenizer.json"
"""The trained demo's tokenizer: English, lower-case, with [CLS], [SEP] and [MASK]."""
MARKS = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
CHAT_MARKS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
BYTE_PAIRS = 2000
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] "
    "+ '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
GO_EMOTIONS = (
    "admiration amusement anger annoyance approval caring confusion curiosity desire disappointment "
    "disapproval disgust embarrassment excitement fear gratitude grief joy love nervousness optimism pride "
    "realization relief remorse sadness surprise neutral"
)
ENTITIES = "O B-MISC I-MISC B-PER I-PER B-ORG I-ORG B-LOC I-LOC"
BERT: dict[str, Any] = {
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 128,
    "max_position_embeddings": POSITIONS,
}
ROBERTA = BERT | {"max_position_embeddings": POSITIONS + 2, "type_vocab_size": 1}
DISTILBERT: dict[str, Any] = {
    "dim": 64,
    "n_layers": 2,
    "n_heads": 4,
    "hidden_dim": 128,
    "max_position_embeddings": POSITIONS,
}
BART: dict[str, Any] = {
    "d_model": 64,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 128,
    "decoder_ffn_dim": 128,
    "max_position_embeddings": POSITIONS,
}


def emotion(folder: Path) -> None:
    """Multi-label classification of 28 emotions, like the default model."""
    more = {"problem_type": "multi_label_classification", **_labels(GO_EMOTIONS.split())}
    _with_byte_pairs(folder, "RobertaForSequenceClassification", ROBERTA | more)
    _card(folder, "demo-emotion", "text-classification", "a two-layer RoBERTa with the labels of GoEmotions")


def spam(folder: Path) -> None:
    """Classification as spam or ham."""
    _with_word_pieces(folder, "BertForSequenceClassification", BERT | _labels(("ham", "spam")))
    _card(folder, "demo-spam", "text-classification", "a two-layer BERT with the labels ham and spam")


def rerank(folder: Path) -> None:
    """A cross-encoder: one number for a query with a text."""
    _with_word_pieces(folder, "BertForSequenceClassification", BERT | {"num_labels": 1})
    _card(folder, "demo-rerank", "text-ranking", "a BERT with two layers and one label")


def classification(folder: Path) -> None:
    """Natural language inference, the basis of zero-shot classification."""
    labels = _labels(("contradiction", "neutral", "entailment"))
    _with_byte_pairs(folder, "BartForSequenceClassification", BART | labels)
    kind = "a BART with two layers in each half and the labels of natural language inference"
    _card(folder, "demo-classification", "zero-shot-classification", kind)


def question_answering(folder: Path) -> None:
    """The position of an answer in a text."""
    _with_word_pieces(folder, "DistilBertForQuestionAnswering", DISTILBERT)
    _card(folder, "demo-question-answering", "question-answering", "a two-layer DistilBERT")


def fill_mask(folder: Path) -> None:
    """The word that a mask hides."""
    _with_byte_pairs(folder, "RobertaForMaskedLM", ROBERTA)
    _card(folder, "demo-fill-mask", "fill-mask", "a two-layer RoBERTa")


def entities(folder: Path) -> None:
    """Named entities with the labels of CoNLL-2003."""
    _with_word_pieces(folder, "BertForTokenClassification", BERT | _labels(ENTITIES.split()))
    _card(folder, "demo-entities", "token-classification", "a two-layer BERT with the labels of CoNLL-2003")


def embeddings(folder: Path) -> None:
    """A sentence encoder. The repository names no pooling, so mean pooling is used."""
    _with_word_pieces(folder, "BertModel", BERT)
    _card(folder, "demo-embeddings", "feature-extraction", "a two-layer BERT")


def chat(folder: Path) -> None:
    """A decoder with a chat template; only the length limit ends its answers."""
    import transformers

    tokenizer = _train_byte_pairs(CHAT_MARKS)
    end, start, stop = CHAT_MARKS
    wrapped = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=POSITIONS,
        chat_template=CHAT_TEMPLATE,
        bos_token=start,
        eos_token=stop,
        unk_token=end,
        pad_token=stop,
    )
    config = transformers.LlamaConfig(
        vocab_size=len(wrapped),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=POSITIONS,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
    )
    model = random_model(transformers.LlamaForCausalLM, config)
    model.generation_config.update(max_new_tokens=32, do_sample=False)
    model.save_pretrained(folder)
    wrapped.save_pretrained(folder)
    _card(folder, "demo-chat", "text-generation", "a two-layer Llama")


def random_model(model_class: Any, config: Any) -> Any:
    """A model with the same random weights every time; biases and norms keep the library's values."""
    import torch

    torch.manual_seed(SEED)
    model = model_class(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 2:
                parameter.normal_(0.0, SPREAD)
    return model


def _labels(names: Sequence[str]) -> dict[str, Any]:
    by_id = dict(enumerate(names))
    return {"id2label": by_id, "label2id": {name: index for index, name in by_id.items()}}


def _with_word_pieces(folder: Path, architecture: str, settings: dict[str, Any]) -> Any:
    import transformers

    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(WORD_PIECES),
        model_max_length=POSITIONS,
        **{f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")},
        **_inputs(architecture),
    )
    return _save(folder, architecture, settings | {"pad_token_id": 0}, tokenizer)


def _with_byte_pairs(folder: Path, architecture: str, settings: dict[str, Any]) -> Any:
    import transformers
    from tokenizers import processors

    tokenizer = _train_byte_pairs(MARKS)
    begin, pad, end, unknown, mask = MARKS
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        pair=f"{begin} $A {end} {end} $B {end}",
        special_tokens=[(begin, MARKS.index(begin)), (end, MARKS.index(end))],
    )
    wrapped = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=POSITIONS,
        **{"bos_token": begin, "cls_token": begin, "eos_token": end, "sep_token": end},
        **{"pad_token": pad, "unk_token": unknown},
        mask_token=transformers.AddedToken(mask, lstrip=True, special=True),
        **_inputs(architecture),
    )
    ids = {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2}
    return _save(folder, architecture, settings | ids, wrapped)


def _inputs(architecture: str) -> dict[str, Any]:
    """The tokenizer's inputs; only BERT has token types for the two texts of a pair."""
    names = ["input_ids", "attention_mask"]
    return {"model_input_names": [*names, "token_type_ids"] if architecture.startswith("Bert") else names}


def _save(folder: Path, architecture: str, settings: dict[str, Any], tokenizer: Any) -> Any:
    import transformers

    model_class = getattr(transformers, architecture)
    config = model_class.config_class(vocab_size=len(tokenizer), **settings)
    model = random_model(model_class, config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return model


def _train_byte_pairs(marks: Sequence[str]) -> Any:
    """Train a byte-level BPE on the proof texts of the conversions."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=BYTE_PAIRS,
        special_tokens=list(marks),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(proof_texts.read(), trainer)
    return tokenizer


def _card(folder: Path, name: str, pipeline_tag: str, kind: str) -> None:
    cards.write(folder, cards.untrained(name, pipeline_tag, kind))
