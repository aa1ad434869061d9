"""Measure the demo model that fills gaps on sentences that it was not trained on, to check its card.

python -m local.demo.evaluation.fill_mask
"""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import torch
from transformers import AutoModelForMaskedLM, AutoTokenizer

from local.demo.packaged import fill_mask

if TYPE_CHECKING:
    from collections.abc import Sequence

EVERYDAY = Path(__file__).parents[1] / "everyday_gaps.tsv"
TOP = 5


class Gap(NamedTuple):
    """A sentence with a gap, and words that fit into it."""

    text: str
    words: list[str]


class Accuracy(NamedTuple):
    """Parts of the gaps."""

    first: float
    """Whose first word fits."""
    top: float
    """Among whose first five words one fits."""


def read_gaps(path: Path = EVERYDAY) -> list[Gap]:
    """Read gaps like those that a visitor would try; no model is trained on them."""
    with path.open(encoding="utf-8", newline="") as table:
        rows = [row for row in csv.reader(table, delimiter="\t", quoting=csv.QUOTE_NONE) if row]
    return [Gap(text, words.split("|")) for text, words in rows]


@torch.inference_mode()
def fill(folder: Path, texts: Sequence[str]) -> list[list[str]]:
    """The five likeliest words for each text's gap, with plain transformers in fp32."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForMaskedLM.from_pretrained(folder, dtype=torch.float32).eval()
    found = []
    for text in texts:
        coded = tokenizer(text, return_tensors="pt")
        (at,) = (coded["input_ids"][0] == tokenizer.mask_token_id).nonzero()[:, 0].tolist()
        best = model(**coded).logits[0, at].topk(TOP).indices.tolist()
        found.append([tokenizer.decode([token]).strip() for token in best])
    return found


def accuracy(gaps: Sequence[Gap], found: Sequence[Sequence[str]]) -> Accuracy:
    """How many of the words fit."""
    pairs = list(zip(gaps, found, strict=True))
    first = sum(words[0] in gap.words for gap, words in pairs)
    top = sum(bool(set(words) & set(gap.words)) for gap, words in pairs)
    return Accuracy(first / len(pairs), top / len(pairs))


def measure(folder: Path) -> Accuracy:
    """Of a model on the everyday gaps."""
    gaps = read_gaps()
    return accuracy(gaps, fill(folder, [gap.text for gap in gaps]))


def main() -> None:
    """Print the result, and what is filled in."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill_mask.make(folder)
        gaps = read_gaps()
        found = fill(folder, [gap.text for gap in gaps])
    for gap, words in zip(gaps, found, strict=True):
        print("  " if set(words) & set(gap.words) else "x ", gap.text, words)
    print(accuracy(gaps, found))


if __name__ == "__main__":
    main()
