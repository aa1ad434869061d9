"""transformers model -> CTranslate2 weights, by CTranslate2's converter, with no code from the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.engines.torch import weights

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_IN_SEVEN_BITS = 63
FULL_TO_SEVEN_BITS = LARGEST_IN_SEVEN_BITS / 127
# What CTranslate2 reads from a config and transformers 5 no longer writes there: (pre-norm, embedding norm).
# transformers builds these layers by architecture alone, whatever an old config.json says.
NORMS = {"bart": (False, True), "mbart": (True, True), "pegasus": (True, False)}


def load_model(snapshot: Path, model_class: str) -> Any:
    """The fp32 torch model of a snapshot, as :func:`inference.engines.torch.weights.read` reads it."""
    import transformers

    return weights.read(getattr(transformers, model_class), snapshot)


def load_tokenizer(snapshot: Path) -> Any:
    """The repository's tokenizer by transformers: the oracle for all that the artifact says about tokens."""
    import transformers

    return transformers.AutoTokenizer.from_pretrained(
        str(snapshot), local_files_only=True, trust_remote_code=False
    )


def write(model: Any, snapshot: Path, names: list[str], quantization: str, folder: Path) -> None:
    """Write ``model.bin``, ``config.json`` and the vocabulary ``names`` (one a token id) into ``folder``.

    Quantizing happens in the torch model's own memory: the model is of no use afterwards.
    """
    spec = _spec(model, snapshot, names)
    spec.validate()
    if quantization == "int8":
        _round_to_seven_bits(spec)
    spec.optimize(quantization=quantization)
    if quantization == "int8":
        _use_seven_bits(spec)
    spec.save(str(folder))


def _round_to_seven_bits(spec: Any) -> None:
    """Round float weights, row by row, to what seven bits can say.

    CTranslate2 rounds to eight bits, and halving those rounds again, unless they are exact already. Rounding
    once took Whisper tiny.en's perplexity on real recordings from 1.056 times that of fp32 to 1.010 times.
    """
    import numpy as np
    from ctranslate2.specs.model_spec import visit_spec

    def round_rows(layer: Any, name: str, value: Any) -> None:
        if not hasattr(layer, f"{name.split('/')[-1]}_scale") or isinstance(value, str):
            return
        weights = value.numpy()
        rows = weights.reshape(len(weights), -1)
        step = np.abs(rows).max(axis=1, keepdims=True) / LARGEST_IN_SEVEN_BITS
        step[step == 0] = 1.0
        weights[...] = (np.rint(rows / step) * step).reshape(weights.shape)

    visit_spec(spec, round_rows)


def _use_seven_bits(spec: Any) -> None:
    """Halve the range of int8 weights: without VNNI, pairs of full-range products overflow 16 bits.

    Under QEMU's Haswell the first logit of a tiny BART was 0.17 with all eight bits and is -0.60 elsewhere,
    with CTranslate2's oneDNN and MKL backends alike (4.8.5).
    """
    import numpy as np
    from ctranslate2.specs.model_spec import NumpyVariable, visit_spec

    def halve(layer: Any, name: str, value: Any) -> None:
        key = name.split("/")[-1]
        scale = getattr(layer, f"{key}_scale", None)
        if scale is None or isinstance(value, str) or value.dtype != "int8":
            return
        setattr(layer, key, NumpyVariable(np.rint(value.numpy() * FULL_TO_SEVEN_BITS).astype(np.int8)))
        halved = (scale.numpy() * FULL_TO_SEVEN_BITS).astype(np.float32)
        setattr(layer, f"{key}_scale", NumpyVariable(halved))

    visit_spec(spec, halve)


def _spec(model: Any, snapshot: Path, names: list[str]) -> Any:
    from ctranslate2.converters import TransformersConverter

    class Converter(TransformersConverter):  # type: ignore[misc,unused-ignore]
        """Gives the model and the vocabulary at hand instead of reading them from the repository."""

        def load_model(self, *_: Any, **__: Any) -> Any:
            return model

        def load_tokenizer(self, *_: Any, **__: Any) -> Any:
            return Vocabulary(names, model.config)

    _complete(model.config)
    if model.config.model_type == "gpt_neox":
        model.embed_out = model.get_output_embeddings()  # the name that the converter knows
    spec = Converter(str(snapshot), trust_remote_code=False)._load()
    if hasattr(spec.config, "decoder_start_token"):
        spec.config.decoder_start_token = None  # the engine names it at the front of every prompt
    if model.config.model_type == "gpt_neox":
        _set_rotary_base(spec, model.config.rope_parameters["rope_theta"])
    if model.config.model_type == "opt":
        spec.register_vocabulary(names)  # the converter fills it up to a multiple of eight
    return spec


def _set_rotary_base(spec: Any, base: float) -> None:
    """The converter takes 10,000 for granted in GPT-NeoX."""
    import numpy as np

    for layer in spec.decoder.layer:
        layer.self_attention.rotary_base = np.float32(base)


def _complete(config: Any) -> None:
    """Say in the config what CTranslate2 looks for there."""
    if config.model_type in NORMS:
        config.normalize_before, config.normalize_embedding = NORMS[config.model_type]
    if hasattr(config, "scale_decoder_outputs"):  # T5: transformers 5 says "tied" of all, and means this
        config.tie_word_embeddings = config.scale_decoder_outputs
    if config.model_type == "gpt_neox":
        config.rotary_pct = config.rope_parameters["partial_rotary_factor"]
        if config.rope_parameters["rope_type"] != "default":
            raise ValueError("CTranslate2 scales no rotary positions of GPT-NeoX")
    if config.model_type == "marian" and config.pad_token_id != config.vocab_size - 1:
        raise ValueError("CTranslate2 takes Marian's padding for the last token of the vocabulary")


def text_names(config: Any) -> list[str]:
    """Token names of a text model: ids in decimal, and the one name that the Marian converter looks for."""
    names = [str(index) for index in range(config.vocab_size)]
    if config.model_type == "marian":
        names[-1] = "<pad>"
    return names


class Vocabulary:
    """What the converter asks a tokenizer for, answered from a list of names by id."""

    num_madeup_words = 0
    special_tokens_map: dict[str, Any] = {}
    additional_special_tokens: tuple[str, ...] = ()

    def __init__(self, names: list[str], config: Any) -> None:
        self._names = names
        self.eos_token = self._name(config, "eos_token_id")
        self.pad_token = self._name(config, "pad_token_id")
        self.bos_token = self._name(config, "bos_token_id")
        # What a name without an id becomes: only Marian's padding, which starts a decoder that ignores it.
        self.unk_token = self.eos_token

    def _name(self, config: Any, role: str) -> str:
        index = getattr(config, role, None)
        index = index[0] if isinstance(index, list) else index
        return self._names[0 if index is None else index]

    def get_vocab(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self._names)}

    def convert_ids_to_tokens(self, index: int) -> str:
        return self._names[index]
