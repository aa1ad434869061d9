"""The same labels with AVX2 and no VNNI, as on Lambda's x86 fleet by report; emulated by QEMU."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from inference.convert import onnx as recipe
from inference.convert.recipe import Source
from local.demo.measure_sentiment import read_everyday
from local.demo_models import DEMO_REPOSITORIES
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

QEMU = shutil.which("qemu-x86_64")
DEMO = DEMO_REPOSITORIES / "hublet" / "demo-sentiment"
ANSWER = """
import json, sys
from pathlib import Path
from inference.engines.heads.sequence_classification import SequenceClassification
from inference.engines.onnx import session
folder = Path(sys.argv[1])
head = SequenceClassification(folder, session(folder / "model.onnx", 1))
print(json.dumps([head.scores(text).tolist() for text in json.load(sys.stdin)]))
"""


def scores(folder: Path, texts: list[str], *emulator: str) -> list[list[float]]:
    """Scores from a process of its own, under an emulator or not."""
    done = subprocess.run(
        [*emulator, sys.executable, "-c", ANSWER, str(folder)],
        cwd=ROOT,
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
        timeout=280,
    )
    found: list[list[float]] = json.loads(done.stdout)
    return found


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.skipif(
    QEMU is None and not os.environ.get("REQUIRE_QEMU"), reason="needs qemu-x86_64 (Debian: qemu-user)"
)
def test_answers_do_not_depend_on_vnni(tmp_path: Path) -> None:
    assert QEMU
    texts = [row.text for row in read_everyday()][::6]
    config = json.loads((DEMO / "config.json").read_text())
    source = Source(DEMO, config, "text-classification", tuple(texts), "int8", 1)
    recipe.convert(source, tmp_path, lambda stage: None)
    native = scores(tmp_path, texts)
    emulated = scores(tmp_path, texts, QEMU, "-cpu", "Haswell")
    for here, there in zip(native, emulated, strict=True):
        assert here.index(max(here)) == there.index(max(there))
        assert there == pytest.approx(here, abs=0.01)
