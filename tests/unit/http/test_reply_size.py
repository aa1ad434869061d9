"""Lists whose answers would not fit into a reply: refused before the work, with the number that fits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from inference.engines.engine import Outcome, ResultSize
from inference.errors import PayloadTooLarge
from inference.fields import Items
from inference.http import response
from inference.http.openai import embeddings
from inference.http.response import Answer
from inference.task_kinds import HEAD_TAGS
from inference.tasks import all_tasks, get_task
from tests.support.paths import ROOT

LONG_NUMBER = -1.2345678901234567e-05
"""As long as a number of a vector can be in JSON."""
if TYPE_CHECKING:
    from inference.http.asked import Asked

TASK = get_task("embeddings")


def limit_of(told: pytest.ExceptionInfo[PayloadTooLarge], pattern: str) -> int:
    found = re.search(pattern, told.value.message)
    assert found, told.value.message
    return int(found[1].replace(",", ""))


def asked(count: int, encoding_format: str) -> Asked:
    return embeddings.read({"input": ["a"] * count, "encoding_format": encoding_format}, TASK)


@pytest.mark.parametrize("numbers", [1, 384, 768, 8192])
def test_as_many_vectors_as_are_named_do_fit(numbers: int) -> None:
    size = ResultSize(numbers)
    with pytest.raises(PayloadTooLarge, match="a reply has 6,291,456 at most") as told:
        response.check_size(size, 10**7)
    most = limit_of(told, "send ([0-9,]+) at most")
    response.check_size(size, most)
    with pytest.raises(PayloadTooLarge, match=f"^inputs has {most + 1:,} items"):
        response.check_size(size, most + 1)
    vectors = [[LONG_NUMBER] * numbers] * most
    assert response.http_result(Answer(vectors), "id")["statusCode"] == 200
    assert response.direct_result(vectors) is vectors


@pytest.mark.parametrize("encoding_format", ["float", "base64"])
@pytest.mark.parametrize("numbers", [384, 1024])
def test_openais_reply_is_foretold_too(numbers: int, encoding_format: str) -> None:
    size = ResultSize(numbers)
    full = asked(embeddings.MOST_TEXTS, encoding_format)
    most = embeddings.MOST_TEXTS
    if (numbers, encoding_format) == (384, "base64"):
        full.check_size(size)
    else:
        with pytest.raises(PayloadTooLarge, match="^input has 2,048 items") as told:
            full.check_size(size)
        most = limit_of(told, "send ([0-9,]+) at most")
        assert ("with encoding_format=base64" in told.value.message) == (encoding_format == "float")
    request = asked(most, encoding_format)
    request.check_size(size)
    answer = request.present(Outcome([[LONG_NUMBER] * numbers] * most), "1")
    assert response.http_result(answer, "id")["statusCode"] == 200


def test_labels_count_as_json_in_a_json_string() -> None:
    label: dict[str, Any] = {"label": '"quoted" é 🎉', "score": LONG_NUMBER}
    size = ResultSize(1, len(response.encode(label).encode("unicode_escape")))
    most = response.MAX_REPLY_BYTES // 100
    with pytest.raises(PayloadTooLarge) as told:
        response.check_size(size, most)
    fitting = limit_of(told, "send ([0-9,]+) at most")
    assert response.http_result(Answer([[label]] * fitting), "id")["statusCode"] == 200


def test_the_documents_name_the_same_numbers() -> None:
    lines = (ROOT / "docs" / "api.md").read_text().splitlines()
    rows = [line for line in lines if re.match(r"\| [0-9,]+ numbers", line)]
    assert len(rows) == 3
    for row in rows:
        numbers, plain, floats, base64 = (int(each.replace(",", "")) for each in re.findall("[0-9,]+", row))
        size = ResultSize(numbers)
        response.check_size(size, plain)
        asked(floats, "float").check_size(size)
        asked(base64, "base64").check_size(size)
        with pytest.raises(PayloadTooLarge):
            response.check_size(size, plain + 1)
        with pytest.raises(PayloadTooLarge):
            asked(floats + 1, "float").check_size(size)
        assert base64 == embeddings.MOST_TEXTS or numbers > 384


def test_the_documents_name_the_longest_lists() -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    table = re.findall(r"^\| (`[^|]+) \| ([0-9,]+) \|$", text, re.MULTILINE)
    named = {
        name.replace("-", "_"): int(most.replace(",", ""))
        for names, most in table
        for name in re.findall("`([a-z-]+)`", names)
    }
    inputs = {task.name: task.inputs for task in all_tasks() if task.pipeline_tag in HEAD_TAGS}
    assert named == {name: field.max_items for name, field in inputs.items() if isinstance(field, Items)}
