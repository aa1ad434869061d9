"""Measure the demo translation model on held-out numbers, to check its card.

python -m local.demo.evaluation.translation
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from local.demo.evaluation.rewriting import rewrite
from local.demo.number_words import held_out, spell

if TYPE_CHECKING:
    from collections.abc import Sequence

MODEL = Path(__file__).parents[1] / "models" / "hublet" / "demo-translation"
BATCH = 100


def translate(texts: list[str], model_dir: Path = MODEL) -> list[str]:
    """Translate with plain transformers in fp32."""
    return rewrite(texts, model_dir, BATCH)


def measure_exact_share(numbers: Sequence[int], model_dir: Path = MODEL) -> float:
    """The share of numbers that are translated without a mistake."""
    found = translate([spell(number) for number in numbers], model_dir)
    return sum(text == str(number) for text, number in zip(found, numbers, strict=True)) / len(numbers)


def main() -> None:
    """Print the result on held-out numbers."""
    parser = argparse.ArgumentParser(description="Measure the demo translation model.")
    parser.add_argument("--model", type=Path, default=MODEL)
    numbers = sorted(held_out())
    print(f"held out: {measure_exact_share(numbers, parser.parse_args().model):.4f} exact of {len(numbers)}")


if __name__ == "__main__":
    main()
