"""The same labels with AVX2 and no VNNI, as on Lambda's x86 fleet by report; emulated by QEMU."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from inference.convert.ctranslate import recipe as ctranslate
from inference.convert.onnx import recipe
from inference.convert.recipe import Source
from local.demo.catalog import DEMO_REPOSITORIES
from local.demo.evaluation.sentiment import read_everyday
from tests.support.models import text_to_text
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

QEMU = shutil.which("qemu-x86_64")
DEMO = DEMO_REPOSITORIES / "hublet" / "demo-sentiment"
ANSWER = """
import json, sys
from pathlib import Path
from inference.engines.onnx.heads.text_classification import TextClassification
from inference.engines.onnx.session import Session
folder = Path(sys.argv[1])
head = TextClassification(folder, Session(folder / "model.onnx", 1))
print(json.dumps([head.scores(text).tolist() for text in json.load(sys.stdin)]))
"""


def answers(code: str, folder: Path, texts: list[str], *emulator: str) -> Any:
    """What a process of its own makes of texts, under an emulator or not."""
    done = subprocess.run(
        [*emulator, sys.executable, "-c", code, str(folder)],
        cwd=ROOT,
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
        timeout=280,
    )
    return json.loads(done.stdout)


GENERATE = """
import json, sys
from pathlib import Path
from inference.engines.ctranslate.engine import open_engine
from inference.task import Call
engine = open_engine(Path(sys.argv[1]), "summarization", 1)
print(json.dumps(engine.run(Call(json.load(sys.stdin), {"max_length": 12, "num_beams": 1}, True)).results))
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),
    pytest.mark.skipif(
        QEMU is None and not os.environ.get("REQUIRE_QEMU"), reason="needs qemu-x86_64 (Debian: qemu-user)"
    ),
]


def test_labels_do_not_depend_on_vnni(tmp_path: Path) -> None:
    assert QEMU
    texts = [row.text for row in read_everyday()][::6]
    config = json.loads((DEMO / "config.json").read_text())
    source = Source(DEMO, config, "text-classification", tuple(texts), "int8", 1)
    recipe.convert(source, tmp_path, lambda stage: None)
    native = answers(ANSWER, tmp_path, texts)
    emulated = answers(ANSWER, tmp_path, texts, QEMU, "-cpu", "Haswell")
    for here, there in zip(native, emulated, strict=True):
        assert here.index(max(here)) == there.index(max(there))
        assert there == pytest.approx(here, abs=0.01)


def test_generated_text_does_not_depend_on_vnni(tmp_path: Path) -> None:
    assert QEMU
    snapshot = text_to_text.bart(tmp_path / "bart")
    config = json.loads((snapshot / "config.json").read_text())
    texts = ["Good.", "It was not what I had hoped for.", "ünïcödé 🎉"]
    target = tmp_path / "artifact"
    target.mkdir()
    source = Source(snapshot, config, "summarization", tuple(texts), "int8", 1)
    ctranslate.convert(source, target, lambda stage: None)
    native = answers(GENERATE, target, texts)
    assert native == answers(GENERATE, target, texts, QEMU, "-cpu", "Haswell")
