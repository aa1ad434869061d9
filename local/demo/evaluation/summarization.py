"""Measure the demo summarizer on sentences and words that it never saw.

python -m local.demo.evaluation.summarization --data FOLDER_OF_CORPORA
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path
from typing import TYPE_CHECKING

from local.demo.corpus.leads import article
from local.demo.corpus.public import read_corpora
from local.demo.evaluation.rewriting import rewrite

if TYPE_CHECKING:
    from collections.abc import Sequence

MODEL = Path(__file__).parents[1] / "models" / "hublet" / "demo-summarization"
ARTICLES = 300
SEED = 1789
BATCH = 50


def summarize(texts: Sequence[str], model_dir: Path = MODEL) -> list[str]:
    """Summarize with plain transformers in fp32."""
    return rewrite(texts, model_dir, BATCH)


def measure(data: Path, model_dir: Path = MODEL) -> str:
    """How many gists of held-out articles are right to the letter, in a sentence."""
    corpora, rng = read_corpora(data, held_out=True), random.Random(SEED)
    articles = [article(corpora.sentences, corpora.words, rng) for _ in range(ARTICLES)]
    found = summarize([each.text for each in articles], model_dir)
    right = sum(one == each.gist for one, each in zip(found, articles, strict=True))
    words = sum(_shared(one, each.gist) for one, each in zip(found, articles, strict=True))
    return f"held out: {right / ARTICLES:.4f} exact, {words / ARTICLES:.4f} of words, {ARTICLES} articles"


def _shared(found: str, gist: str) -> float:
    """The share of the gist's words that stand in the same place."""
    expected = gist.split()
    return sum(one == other for one, other in zip(found.split(), expected, strict=False)) / len(expected)


def main() -> None:
    """Print the result on held-out articles."""
    parser = argparse.ArgumentParser(description="Measure the demo summarizer.")
    parser.add_argument("--data", type=Path, required=True, help="the folder with rt_polarity and banking77")
    parser.add_argument("--model", type=Path, default=MODEL)
    arguments = parser.parse_args()
    print(measure(arguments.data, arguments.model))


if __name__ == "__main__":
    main()
