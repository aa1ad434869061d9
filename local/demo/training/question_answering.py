"""Train the demo model that finds answers: MiniLM with a head for spans and low-rank adapters.

python -m local.demo.training.question_answering --wordnet DICT_FOLDER
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch.nn import functional
from transformers import BertForQuestionAnswering

from local.demo.corpus.answers import make_answer
from local.demo.corpus.wordnet import names, read_entries
from local.demo.evaluation.question_answering import read_questions
from local.demo.packaged.question_answering import BELOW, NAME
from local.demo.training import adapters
from local.demo.training.teacher import read_tokenizer
from local.demo.training.tokenizer import common_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tokenizers import Encoding, Tokenizer

SEED = 43
MINUTES = 8.0
LENGTH = 128
TOKENS = 1300
"""In a batch, padding included."""
BUCKET = 160
"""So many questions are made at once and sorted by length."""
VOCABULARY = 6_000
FEWEST_LETTERS = 3


class Batch(NamedTuple):
    """Token ids of question and context, which part each is in, and the answers' first and last tokens."""

    ids: torch.Tensor
    types: torch.Tensor
    ends: torch.Tensor
    """Shape ``(answers, 2)``."""


def batches(tokenizer: Tokenizer, places: list[str], rng: random.Random) -> Iterator[Batch]:
    """Endless batches of new questions, none of which is in the test."""
    tested = {each.question for each in read_questions()}
    vocabulary = [word for word in common_words(tokenizer) if len(word) >= FEWEST_LETTERS][:VOCABULARY]
    while True:
        made = [make_answer(rng, places, vocabulary) for _ in range(BUCKET)]
        kept = [each for each in made if each.question not in tested]
        coded = tokenizer.encode_batch([(each.question, each.context) for each in kept])
        rows = [
            (pair, ends)
            for pair, each in zip(coded, kept, strict=True)
            if (ends := _tokens_of(pair, each.start, each.end))
        ]
        rows.sort(key=lambda row: len(row[0].ids))
        yield from _grouped(rows, rng)


def _grouped(rows: list[tuple[Encoding, tuple[int, int]]], rng: random.Random) -> list[Batch]:
    groups: list[list[tuple[Encoding, tuple[int, int]]]] = [[]]
    for row in rows:
        if (len(groups[-1]) + 1) * len(row[0].ids) > TOKENS:
            groups.append([])
        groups[-1].append(row)
    rng.shuffle(groups)
    return [
        Batch(
            adapters.padded([pair.ids for pair, _ in group]),
            adapters.padded([pair.type_ids for pair, _ in group]),
            torch.tensor([ends for _, ends in group]),
        )
        for group in groups
    ]


def _tokens_of(pair: Encoding, start: int, end: int) -> tuple[int, int] | None:
    first, last = pair.char_to_token(start, 1), pair.char_to_token(end - 1, 1)
    return None if first is None or last is None else (first, last)


def loss_of(model: Any, batch: Batch) -> torch.Tensor:
    """Cross-entropy of the first and the last token, among those of the context."""
    found = model(input_ids=batch.ids, token_type_ids=batch.types, attention_mask=(batch.ids != 0).long())
    logits = torch.stack([found.start_logits, found.end_logits], 1)
    logits = logits.masked_fill(batch.ids[:, None] == 0, -1e4)
    return functional.cross_entropy(logits.flatten(0, 1), batch.ends.flatten())


def main() -> None:
    """Train, and save the adapter."""
    parser = argparse.ArgumentParser(description="Train the demo model that finds answers.")
    parser.add_argument("--wordnet", type=Path, required=True, help="the folder with WordNet's data.noun")
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--go-on", action="store_true", help="from the adapter that is there")
    arguments = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    started_s = time.monotonic()
    tokenizer = read_tokenizer()
    tokenizer.no_padding()
    tokenizer.enable_truncation(LENGTH)
    places = names(read_entries(arguments.wordnet), "city")
    model = adapters.minilm_as(BertForQuestionAnswering, below=BELOW)
    made = batches(tokenizer, places, random.Random(SEED))
    adapters.fit(model, made, loss_of, arguments.minutes, earlier=NAME if arguments.go_on else None)
    adapters.save(model, NAME)
    print(f"trained in {time.monotonic() - started_s:.0f} s")


if __name__ == "__main__":
    main()
