"""Scored tokens -> words -> entities, by the rules of transformers' token classification pipeline (5.23)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Joiner = Callable[[list[str]], str]
    """Tokens -> text, as the tokenizer decodes them."""


@dataclass(frozen=True)
class Token:
    """A token of a text, or a word made of several."""

    word: str
    scores: NDArray[np.float64]
    """Probability of each label, shape (labels,)."""
    start: int
    """First character in the text."""
    end: int
    """The character after the last."""
    index: int
    """Place among the text's tokens, special tokens counted."""
    is_inside: bool
    """Whether it goes on a word that the token before it began."""


def words(tokens: Sequence[Token], strategy: str, join: Joiner) -> list[Token]:
    """Whole words, with the scores of the ``first`` token, of the surest (``max``) or their ``average``."""
    groups: list[list[Token]] = []
    for token in tokens:
        if token.is_inside and groups:
            groups[-1].append(token)
        else:
            groups.append([token])
    return [_word(group, strategy, join) for group in groups]


def _word(tokens: list[Token], strategy: str, join: Joiner) -> Token:
    import numpy as np

    if strategy == "first":
        scores = tokens[0].scores
    elif strategy == "max":
        scores = max(tokens, key=lambda token: float(token.scores.max())).scores
    else:
        scores = np.mean([token.scores for token in tokens], axis=0)
    text = join([token.word for token in tokens])
    return Token(text, scores, tokens[0].start, tokens[-1].end, tokens[0].index, is_inside=False)


def entities(tokens: Sequence[Token], labels: Sequence[str], join: Joiner) -> list[dict[str, Any]]:
    """Neighbours of one type joined: ``{"entity_group", "score" (the mean), "word", "start", "end"}``.

    A label like ``B-PER`` begins an entity of type ``PER``; ``I-PER``, or ``PER`` alone, goes on with it.
    """
    groups: list[list[tuple[Token, str, float]]] = []
    for token in tokens:
        best = int(token.scores.argmax())
        label, score = labels[best], float(token.scores[best])
        if groups and not label.startswith("B-") and _type(label) == _type(groups[-1][-1][1]):
            groups[-1].append((token, label, score))
        else:
            groups.append([(token, label, score)])
    return [
        {
            "entity_group": group[0][1].split("-", 1)[-1],
            "score": sum(score for _, _, score in group) / len(group),
            "word": join([token.word for token, _, _ in group]),
            "start": group[0][0].start,
            "end": group[-1][0].end,
        }
        for group in groups
    ]


def _type(label: str) -> str:
    return label[2:] if label.startswith(("B-", "I-")) else label


def without_overlaps(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entities of overlapping windows, each once: of two that overlap the longer stays, or the surer."""
    kept: list[dict[str, Any]] = []
    for entity in sorted(found, key=lambda entity: int(entity["start"])):
        if kept and kept[-1]["start"] <= entity["start"] < kept[-1]["end"]:
            if (_length(entity), entity["score"]) > (_length(kept[-1]), kept[-1]["score"]):
                kept[-1] = entity
        else:
            kept.append(entity)
    return kept


def _length(entity: dict[str, Any]) -> int:
    return int(entity["end"]) - int(entity["start"])
