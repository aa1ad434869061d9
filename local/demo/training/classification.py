"""Train the demo zero-shot classifier: MiniLM as a judge of labels, with low-rank adapters.

python -m local.demo.training.classification --wordnet DICT_FOLDER --data FOLDER_OF_CORPORA
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch.nn import functional
from transformers import BertForSequenceClassification

from local.demo.corpus.public import read_questions
from local.demo.corpus.topics import WRONG, of_bank, of_dictionary, of_opinions, of_topics
from local.demo.corpus.wordnet import read_entries
from local.demo.evaluation.classification import UNSEEN_INTENTS, read_labelled, unseen
from local.demo.evaluation.sentiment import split_corpus
from local.demo.everyday import generate
from local.demo.packaged.classification import BELOW, NAME
from local.demo.training import adapters
from local.demo.training.teacher import read_tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tokenizers import Tokenizer

    from local.demo.corpus.topics import Sorted

SEED = 47
MINUTES = 15.0
LOWEST = 3
"""The lowest layer that is trained, as in the model that training begins from."""
LENGTH = 64
TOKENS = 1300
"""In a batch, padding included."""
BUCKET = 160
"""So many texts are drawn at once and sorted by length."""
TEMPLATES = ("This example is {}.", "This example is {}.", "This text is about {}.", "It is about {}.")
SHARES = {"topics": 0.42, "opinions": 0.18, "bank": 0.2, "dictionary": 0.2}


class Batch(NamedTuple):
    """Pairs of text and label, a text's right label first."""

    ids: torch.Tensor
    types: torch.Tensor


def sources(wordnet: Path, data: Path, rng: random.Random) -> dict[str, Callable[[], Sorted]]:
    """What makes texts with labels. None uses what is held out."""
    questions = [each for each in read_questions(data) if each.intent not in unseen(data)]
    reviews = split_corpus(data / "rt_polarity" / "sentences.tsv").train
    return {
        "topics": of_topics(rng),
        "opinions": of_opinions(rng, [*reviews, *generate(len(reviews), SEED)]),
        "bank": of_bank(rng, questions),
        "dictionary": of_dictionary(rng, read_entries(wordnet)),
    }


def batches(
    made: dict[str, Callable[[], Sorted]], tokenizer: Tokenizer, rng: random.Random
) -> Iterator[Batch]:
    """Endless batches of texts of like length, each with all its labels."""
    names, shares = list(made), [SHARES[name] for name in made]
    tested = {each.text for each in read_labelled()}
    while True:
        drawn = [made[name]() for name in rng.choices(names, shares, k=BUCKET)]
        drawn = [each for each in drawn if len(each.wrong) == WRONG and each.text not in tested]
        drawn.sort(key=lambda each: len(each.text))
        groups = []
        for each in drawn:
            template = rng.choice(TEMPLATES)
            pairs = [(each.text, template.format(label)) for label in (each.right, *each.wrong)]
            groups.append(tokenizer.encode_batch(pairs))
        yield from _grouped(groups, rng)


def _grouped(groups: list[Any], rng: random.Random) -> list[Batch]:
    parts: list[list[Any]] = [[]]
    for pairs in groups:
        longest = max(len(pair.ids) for pair in pairs)
        if (len(parts[-1]) + len(pairs)) * longest > TOKENS:
            parts.append([])
        parts[-1] += pairs
    rng.shuffle(parts)
    return [
        Batch(adapters.padded([pair.ids for pair in part]), adapters.padded([pair.type_ids for pair in part]))
        for part in parts
        if part
    ]


def loss_of(model: Any, batch: Batch) -> torch.Tensor:
    """Each label is judged by itself, and the right one has to win."""
    logits = model(
        input_ids=batch.ids, token_type_ids=batch.types, attention_mask=(batch.ids != 0).long()
    ).logits
    margins = (logits[:, 1] - logits[:, 0]).view(-1, 1 + WRONG)
    truth = torch.zeros_like(margins)
    truth[:, 0] = 0.97
    weight = torch.tensor(float(WRONG))
    alone = functional.binary_cross_entropy_with_logits(margins, truth + 0.015, pos_weight=weight)
    return alone + functional.cross_entropy(margins, torch.zeros(len(margins), dtype=torch.long))


def main() -> None:
    """Train, and save the adapter."""
    parser = argparse.ArgumentParser(description="Train the demo zero-shot classifier.")
    parser.add_argument("--wordnet", type=Path, required=True, help="the folder with WordNet's data.noun")
    parser.add_argument("--data", type=Path, required=True, help="the folder with rt_polarity and banking77")
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--go-on", action="store_true", help="from the adapter that is there")
    arguments = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    started_s, rng = time.monotonic(), random.Random(SEED)
    tokenizer = read_tokenizer()
    tokenizer.no_padding()
    tokenizer.enable_truncation(LENGTH, strategy="only_first")
    model = adapters.minilm_as(BertForSequenceClassification, below=BELOW)
    made = batches(sources(arguments.wordnet, arguments.data, rng), tokenizer, rng)
    adapters.fit(model, made, loss_of, arguments.minutes, LOWEST, NAME if arguments.go_on else None)
    adapters.save(model, NAME)
    print(f"trained in {time.monotonic() - started_s:.0f} s without {UNSEEN_INTENTS} of the bank's intents")


if __name__ == "__main__":
    main()
