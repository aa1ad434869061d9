"""inference/engines/onnx/heads/README.md, followed to the letter in a copy of the project."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from local.hub.server import HubServer
from tests.support.models.heads import make_model
from tests.support.paths import ROOT
from tests.support.project_copy import NOT_COPIED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.timeout(900)  # a conversion on any machine, however busy

MODEL = "hublet/tiny-ranking"
ITEM = {"query": "Where is Maria?", "texts": ["Maria Santos moved to Oslo.", "A comma.", "Good."]}
CODE = """
import json, sys
from inference.handler import handler
class Context:
    aws_request_id = "1"
    def get_remaining_time_in_millis(self): return 840_000
print(json.dumps([handler(event, Context()) for event in json.load(sys.stdin)]))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with the documented files in the documented places."""
    root = tmp_path_factory.mktemp("project") / "hublet"
    shutil.copytree(ROOT, root, ignore=NOT_COPIED)
    page = (root / "inference" / "engines" / "onnx" / "heads" / "README.md").read_text()
    files = re.findall(
        r"^\*\*[^*]+\*\*, `([\w/]+\.py)`:\n\n```python\n(.*?)```", page, re.DOTALL | re.MULTILINE
    )
    assert len(files) == 3  # what a pipeline tag may cost
    (root / "inference" / "tasks" / "rerank.py").unlink()  # the page shows a shorter form of this tag
    for place, code in files:
        (root / place).write_text(code)
    return root


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repositories") / MODEL
    made: Path = make_model(folder, "text-classification", "bert")
    return made


@pytest.fixture(scope="module")
def answers(copy: Path, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """What the function of the new task says to a direct call, and of itself."""
    describe = {"requestContext": {"http": {"method": "GET"}}, "rawPath": "/", "headers": {}}
    with HubServer(repository.parents[1]) as hub:
        environ = {
            "TASK": "rank",
            "MODEL": MODEL,
            "MODEL_CACHE": str(tmp_path_factory.mktemp("cache")),
            "HF_ENDPOINT": hub.url,
            "PRECISION": "fp32",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "3008",
            "PATH": "/usr/bin:/bin",
        }
        done = subprocess.run(
            [sys.executable, "-c", CODE],
            cwd=copy,
            env=environ,
            input=json.dumps([ITEM, describe]),
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    yield json.loads(done.stdout.splitlines()[-1])


def test_the_new_function_answers_as_torch_does(answers: Any, repository: Path) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(repository)
    model = AutoModelForSequenceClassification.from_pretrained(repository).eval()
    expected = [
        model(**tokenizer(ITEM["query"], text, return_tensors="pt")).logits[0, 0].item()
        for text in ITEM["texts"]
    ]
    assert answers[0] == pytest.approx(expected, abs=1e-3)
    assert len(set(answers[0])) == 3


def test_the_new_model_was_converted_and_proven(answers: Any) -> None:
    description = json.loads(answers[1]["body"])
    assert (description["engine"], description["precision"]) == ("onnx", "fp32")
    assert description["drift"]["mean_score_difference"] < 1e-3
    assert description["drift"]["texts"] > 250
    assert description["task"] == "text-ranking"
