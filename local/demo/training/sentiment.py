"""Train the demo sentiment model: a two-layer BERT small enough to live in a git repository.

python -m local.demo.training.sentiment --data PATH/sentences.tsv --teacher-base MINILM_FOLDER --out FOLDER
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import torch

from local.demo.evaluation.sentiment import DEVELOPMENT, MODEL, accuracy, read_everyday, split_corpus
from local.demo.everyday import Labelled, generate
from local.demo.training.augmentation import Counts, find_neighbours, make_unlabelled_texts
from local.demo.training.loop import SEED, TrainingExample, TrainingPlan, fit, predict
from local.demo.training.student import build_student, calibrate, compress_vectors, inherit
from local.demo.training.teacher import Teacher, load_teacher, save_teacher, train_teacher
from local.demo.training.tokenizer import MASK, build_tokenizer, choose_vocabulary, encode, save_tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer

KEPT = 1000
SYNTHETIC = 12_000
TEACHER_SYNTHETIC = 6_000
UNLABELLED: Counts = (6_000, 4_000, 8_000, 10_000)
PLAN = TrainingPlan(
    epochs=10, learning_rate=1e-3, masked=0.12, mask=MASK, first_word=MASK + 1, soft_share=0.7
)


class LabelledSets(NamedTuple):
    """Labelled sentences: film reviews for training and for calibration, and generated ones."""

    reviews: list[Labelled]
    kept: list[Labelled]
    everyday: list[Labelled]


def generate_everyday() -> list[Labelled]:
    """Generate everyday sentences for training, none of which is in the two hand-written sets."""
    avoid = [row.text for row in read_everyday() + read_everyday(DEVELOPMENT)]
    return generate(SYNTHETIC, SEED, avoid=avoid)


def gather(corpus: Path) -> LabelledSets:
    """Collect the labelled sentences, without the held-out reviews."""
    reviews = split_corpus(corpus).train
    return LabelledSets(reviews[KEPT:], reviews[:KEPT], generate_everyday())


def get_teacher(base: Path, saved: Path | None, material: LabelledSets) -> Teacher:
    """Fine-tune MiniLM, or load the teacher that an earlier run saved."""
    if saved and saved.is_dir():
        return load_teacher(saved)
    teacher = train_teacher(base, material.reviews + material.everyday[:TEACHER_SYNTHETIC])
    if saved:
        save_teacher(teacher, saved)
    return teacher


def make_examples(material: LabelledSets, teacher: Teacher, tokenizer: Tokenizer) -> list[TrainingExample]:
    """All training examples of the student, each with the teacher's logits."""
    labelled = material.reviews + material.everyday
    reviews, everyday = ([row.text for row in rows] for rows in (material.reviews, material.everyday))
    texts = [row.text for row in labelled]
    extra = make_unlabelled_texts(reviews, everyday, find_neighbours(teacher), UNLABELLED)
    soft = [tuple(pair) for pair in teacher.logits(texts + extra).tolist()]
    coded = encode(tokenizer, texts + extra)
    examples = [TrainingExample(ids, soft=pair) for ids, pair in zip(coded, soft, strict=True)]
    known = [each._replace(label=row.label) for each, row in zip(examples, labelled, strict=False)]
    return known + examples[len(known) :]


def main() -> None:
    """Train on reviews and generated sentences, without the held-out reviews and the everyday set."""
    parser = argparse.ArgumentParser(description="Train the demo sentiment model.")
    parser.add_argument("--data", type=Path, required=True, help="rt_polarity as a table: sentence, label")
    parser.add_argument("--teacher-base", type=Path, required=True, help="the folder of all-MiniLM-L6-v2")
    parser.add_argument("--teacher", type=Path, help="where the fine-tuned teacher is, or is to be, kept")
    parser.add_argument("--out", type=Path, default=MODEL)
    arguments = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(2)
    started = time.monotonic()
    material = gather(arguments.data)
    base = load_teacher(arguments.teacher_base)
    teacher = get_teacher(arguments.teacher_base, arguments.teacher, material)
    vocabulary = choose_vocabulary([row.text for row in material.reviews + material.everyday], base.tokenizer)
    tokenizer = build_tokenizer(vocabulary)
    student = build_student()
    inherit(student, compress_vectors(base, teacher, vocabulary))
    examples = make_examples(material, teacher, tokenizer)
    print(f"{len(examples)} sentences after {time.monotonic() - started:.0f} s", flush=True)
    fit(student, examples, PLAN)
    calibrate(
        student, encode(tokenizer, [row.text for row in material.kept]), [r.label for r in material.kept]
    )
    for name, rows in (("kept reviews", material.kept), ("development", read_everyday(DEVELOPMENT))):
        scores = predict(student, encode(tokenizer, [row.text for row in rows])).softmax(-1)[:, 1].tolist()
        print(f"{name}: accuracy {accuracy(rows, scores):.4f}")
    student.half().save_pretrained(arguments.out)  # half the download, the same answers
    save_tokenizer(tokenizer, arguments.out)
    print(f"trained in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
