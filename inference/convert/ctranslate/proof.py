"""The proof for generation: both models continue the same fixed outputs, token by token.

The fixed outputs are what fp32 torch writes greedily. At each of their positions the next token of fp32 torch
and of the artifact are compared, and the probability that each gives to the fixed token: agreement, and the
ratio of perplexities. Free-running outputs would drift apart at the first near-tie and then say nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.convert.recipe import Drift
from inference.engines.ctranslate.model import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

MIN_AGREEMENT = 0.97
MAX_PERPLEXITY_RATIO = 1.03
ITEMS = 48
"""Inputs that a proof runs, spread over those given."""
TOKENS = 32
"""Positions compared for each input."""
SOURCE_TOKENS = 128
BATCH = 8


@dataclass(frozen=True)
class Pair:
    """A fixed output and what fp32 torch said at each of its positions."""

    source: Any
    """Token ids, or a log-mel spectrogram ``(mels, frames)``."""
    prompt: tuple[int, ...]
    """What the decoder starts from."""
    target: tuple[int, ...]
    best: NDArray[np.int64]
    """``(len(target),)``: torch's next token."""
    log_probability: NDArray[np.float64]
    """``(len(target),)``: of the fixed token, by torch."""


def spread(items: Sequence[Any], count: int = ITEMS) -> list[Any]:
    """At most ``count`` items at even distances."""
    step = max(1, len(items) / count)
    return [items[int(index * step)] for index in range(min(count, len(items)))]


def text_pairs(model: Any, sources: list[list[int]], prompt: tuple[int, ...]) -> list[Pair]:
    """Fixed outputs of an encoder-decoder model for framed source ids."""
    import torch

    pairs = []
    with torch.inference_mode():
        for source in sources:
            encoded = model.get_encoder()(input_ids=torch.tensor([source]))
            pairs.append(_continued(model, encoded, source, prompt))
    return pairs


def speech_pairs(model: Any, spectrograms: list[NDArray[np.float32]], prompt: tuple[int, ...]) -> list[Pair]:
    """Fixed outputs of a Whisper model for log-mel spectrograms of 30 s."""
    import torch

    pairs = []
    with torch.inference_mode():
        for mel in spectrograms:
            encoded = model.get_encoder()(torch.from_numpy(mel)[None])
            pairs.append(_continued(model, encoded, mel, prompt))
    return pairs


def _continued(model: Any, encoded: Any, source: Any, prompt: tuple[int, ...]) -> Pair:
    """Greedy from ``prompt``; each step's figures are those of the same prefix that the artifact will get."""
    import torch

    ends = model.config.eos_token_id
    ends = ends if isinstance(ends, list) else [ends]
    step, cache, rows, target = list(prompt), None, [], []
    for _ in range(TOKENS):
        output = model(
            encoder_outputs=encoded,
            decoder_input_ids=torch.tensor([step]),
            past_key_values=cache,
            use_cache=True,
        )
        cache = output.past_key_values
        rows.append(output.logits[0, -1].double().numpy())
        target.append(int(rows[-1].argmax()))
        step = target[-1:]
        if target[-1] in ends:
            break
    best, log_probability = _figures(rows, target)
    return Pair(source, prompt, tuple(target), best, log_probability)


def causal_pairs(model: Any, texts: list[list[int]]) -> list[Pair]:
    """For a decoder-only model the fixed outputs are the texts themselves, from their second token on."""
    import torch

    pairs = []
    with torch.inference_mode():
        for ids in texts:
            rows = list(model(torch.tensor([ids])).logits[0, :-1].double().numpy())
            pairs.append(Pair(None, tuple(ids[:1]), tuple(ids[1:]), *_figures(rows, ids[1:])))
    return pairs


def measure(pairs: list[Pair], rows: Iterator[list[Any]]) -> Drift:
    """Compare the artifact's logits, one list of rows a pair, with what torch said."""
    agreed, count, reference, artifact = 0, 0, 0.0, 0.0
    for pair, logits in zip(pairs, rows, strict=True):
        best, log_probability = _figures(logits, pair.target)
        agreed += int((best == pair.best).sum())
        count += len(pair.target)
        reference += float(pair.log_probability.sum())
        artifact += float(log_probability.sum())
    return _drift(agreed, count, (reference - artifact) / max(1, count))


def _drift(agreed: int, count: int, excess: float) -> Drift:
    """``excess`` is the artifact's additional loss a token, in nats."""
    import math

    agreement = agreed / count if count else 0.0
    ratio = math.exp(min(excess, 50.0))
    figures = {
        "next_token_agreement": round(agreement, 5),
        "perplexity_ratio": round(ratio, 5),
        "positions": float(count),
    }
    return Drift(figures, agreement >= MIN_AGREEMENT and ratio <= MAX_PERPLEXITY_RATIO)


def _figures(rows: Sequence[Any], target: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rows of logits ``(vocabulary,)`` -> the best id, and the log-probability of the fixed one, by row."""
    import numpy as np

    best, log_probability = [], []
    for row, index in zip(rows, target, strict=True):
        logits = np.asarray(row, np.float64).ravel()
        shifted = logits - logits.max()
        best.append(int(shifted.argmax()))
        log_probability.append(float(shifted[index] - np.log(np.exp(shifted).sum())))
    return np.array(best, np.int64), np.array(log_probability, np.float64)


def translator_rows(translator: Any, pairs: list[Pair]) -> Iterator[list[Any]]:
    """Logits of an encoder-decoder artifact: decoding that is held to the fixed output from end to end."""
    for begin in range(0, len(pairs), BATCH):
        batch = pairs[begin : begin + BATCH]
        results = translator.translate_batch(
            [names(pair.source) for pair in batch],
            target_prefix=[names((*pair.prompt, *pair.target)) for pair in batch],
            beam_size=1,
            max_input_length=0,
            min_decoding_length=0,
            max_decoding_length=max(len(pair.prompt) - 1 + len(pair.target) for pair in batch),
            return_logits_vocab=True,
        )
        for pair, result in zip(batch, results, strict=True):
            skipped = len(pair.prompt) - 1
            yield result.logits[0][skipped : skipped + len(pair.target)]


def generator_rows(generator: Any, pairs: list[Pair]) -> Iterator[list[Any]]:
    """Logits of a decoder-only artifact, one forward pass a text."""
    import numpy as np

    for pair in pairs:
        ids = names((*pair.prompt, *pair.target))
        yield list(np.asarray(generator.forward_batch([ids]))[0, : len(pair.target)])


def whisper_rows(whisper: Any, pairs: list[Pair]) -> Iterator[list[Any]]:
    """Logits of a Whisper artifact, held to the fixed output as translators are."""
    import ctranslate2
    import numpy as np

    for pair in pairs:
        result = whisper.generate(
            ctranslate2.StorageView.from_array(np.ascontiguousarray(pair.source[None])),
            [[*pair.prompt, *pair.target]],
            beam_size=1,
            max_length=2 * len(pair.target),
            suppress_blank=False,
            suppress_tokens=[],
            return_logits_vocab=True,
        )[0]
        yield result.logits[0][: len(pair.target)]
