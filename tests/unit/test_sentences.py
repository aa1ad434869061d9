"""Sentences of the documents: at most 30 words, 15 on average."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MOST_WORDS, MOST_ON_AVERAGE = 30, 15.0
FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
LEFT_OUT = re.compile(r"^ *(?:#|\||<|!\[|\[!\[).*$", re.MULTILINE)
"""Headings, tables, HTML and pictures."""
LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
ITEM = re.compile(r"^ *(?:[-*]|\d+\.) ", re.MULTILINE)
END = re.compile(r"(?<=[.!?])[)*_\"”]*\s+|(?<=:)\s*\n\s*\n")
WORD = re.compile(r"[^\W_][\w'’/.,:=@-]*")


def sentences(text: str) -> list[str]:
    """Of prose alone. An item of a list begins a sentence; code in a line is one word."""
    text = LEFT_OUT.sub("\n", FENCE.sub("\n", text))
    text = re.sub(r"`[^`]*`", "code", LINK.sub(r"\1", text))
    paragraphs = re.split(r"\n\s*\n", ITEM.sub("\n\n", text))
    found = [each for paragraph in paragraphs for each in END.split(paragraph.strip())]
    return [" ".join(each.split()) for each in found if WORD.search(each)]


def words(sentence: str) -> int:
    return len(WORD.findall(sentence))


def test_sentences_are_told_from_what_is_none() -> None:
    text = (
        "# A heading. One.\n\nOne two. [Three four](five.md) six!\n\n- seven:\n- `a b c` eight\n\n"
        "| no | table |\n\n```bash\nno code here\n```\n\nNine 1.5 ten\neleven."
    )
    found = ["One two.", "Three four six!", "seven:", "code eight", "Nine 1.5 ten eleven."]
    assert sentences(text) == found
    assert [words(each) for each in found] == [2, 3, 1, 2, 4]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_no_sentence_is_long(document: Path) -> None:
    found = sentences(document.read_text())
    assert [each for each in found if words(each) > MOST_WORDS] == []
    assert sum(map(words, found)) / len(found) <= MOST_ON_AVERAGE
