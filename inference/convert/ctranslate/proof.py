"""The proof for generation: both models continue the same fixed outputs, token by token.

The fixed outputs are what fp32 torch writes greedily. At each of their positions the next token of fp32 torch
and of the artifact are compared, and the probability that each gives to the fixed token: agreement, and the
ratio of perplexities. Free-running outputs would drift apart at the first near-tie and then say nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.convert import long_inputs
from inference.convert.recipe import Drift
from inference.engines.ctranslate.model import names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

MIN_AGREEMENT = 0.97
MAX_PERPLEXITY_RATIO = 1.03
ITEMS = 48
"""Inputs that a proof runs, spread over those given."""
TOKENS = 32
"""Positions compared for each input."""
SOURCE_TOKENS = 128
LONG_SOURCE_TOKENS = 1024
MOST_SCORES = 200_000_000
"""Of one long input: CTranslate2 scores the whole vocabulary at each position, 4 bytes each."""
LONG_AGREEMENT = 0.85
"""Of outputs for long sources, which are few: 32 positions of each."""
LONG_SOURCES = 2
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
    return [_causal_pair(model, ids, ids[1:]) for ids in texts]


def long_causal_pairs(model: Any, texts: list[list[int]], window: int) -> list[Pair]:
    """One long text, near the window where scores of so many positions fit in memory; its end is compared."""
    length = long_inputs.length_to_read(model.config, window)
    ids = long_inputs.long_text(texts, min(length, MOST_SCORES // int(model.config.vocab_size)))
    return [_causal_pair(model, ids, ids[1:][-long_inputs.TAIL :])]


def _causal_pair(model: Any, ids: list[int], target: list[int]) -> Pair:
    import torch

    with torch.inference_mode():
        scores = model(torch.tensor([ids]), use_cache=False, logits_to_keep=len(target) + 1).logits[0, :-1]
    best, log_probability = _figures(list(scores.numpy()), target)
    return Pair(None, tuple(ids[: -len(target)]), tuple(target), best, log_probability)


def measure(
    pairs: list[Pair], long_pairs: list[Pair], rows: Callable[[list[Pair]], Iterator[list[Any]]]
) -> Drift:
    """Compare the artifact's logits, one list of rows a pair, with what torch said.

    Long inputs are judged apart: many short ones would hide that positions or windows are lost.
    """
    agreement, ratio = _compared(pairs, rows(pairs))
    figures = {
        "next_token_agreement": round(agreement, 5),
        "perplexity_ratio": round(ratio, 5),
        "positions": float(sum(len(pair.target) for pair in pairs)),
    }
    within = agreement >= MIN_AGREEMENT and ratio <= MAX_PERPLEXITY_RATIO
    if within and long_pairs:
        agreement, _ = _compared(long_pairs, rows(long_pairs))
        figures["long_input_tokens"] = float(max(_length(pair) for pair in long_pairs))
        figures["long_input_agreement"] = round(agreement, 5)
        within = agreement >= LONG_AGREEMENT
    return Drift(figures, within)


def _length(pair: Pair) -> int:
    """Tokens that the artifact reads before it writes."""
    return len(pair.prompt) + len(pair.target) if pair.source is None else len(pair.source)


def _compared(pairs: list[Pair], rows: Iterator[list[Any]]) -> tuple[float, float]:
    """How often the next token is the same, and the ratio of perplexities."""
    agreed, count, excess = 0, 0, 0.0
    for pair, logits in zip(pairs, rows, strict=True):
        best, log_probability = _figures(logits, pair.target)
        agreed += int((best == pair.best).sum())
        count += len(pair.target)
        excess += float((pair.log_probability - log_probability).sum())
    return agreed / count if count else 0.0, math.exp(min(excess / max(1, count), 50.0))


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
        scores = np.asarray(generator.forward_batch([ids]))[0]
        yield list(scores[len(pair.prompt) - 1 : -1])


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
