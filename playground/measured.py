"""Candidates side by side in figures: what each answered, how fast, in how much memory, and which to take."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from statistics import median
from typing import TYPE_CHECKING, Any

from playground import facts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from playground.client import Reply

LONGEST_GIST_CHARS = 90
NEAR = 1.15
"""A ratio of times below this is noise."""
NAMES = ("label", "token_str", "answer", "summary_text", "translation_text", "generated_text", "text")
"""Keys of a result that say what it is, the most telling first."""


@dataclass(frozen=True)
class Measured:
    """One candidate's answers to the same input, asked several times."""

    name: str
    gist: str
    """The best label, or the beginning of a text; empty where there is neither."""
    score: float | None
    labels: frozenset[str]
    inference_ms: float
    """The median of the warm calls."""
    calls: int
    memory_mb: float | None
    size_bytes: int | None


def measured(name: str, replies: Sequence[Reply], size_bytes: int | None) -> Measured:
    """From replies of status 200, in the order of the calls; one that loaded the model does not count."""
    warm = [reply for reply in replies if not _is_cold(reply)] or list(replies)
    times = [facts.told(reply).get("inference", reply.seconds * 1000) for reply in warm]
    first = _first(replies[-1].json()) if replies[-1].is_json else {}
    name_of = next((key for key in NAMES if first.get(key)), "")
    return Measured(
        name,
        str(first.get(name_of, "")).strip(),
        first.get("score"),
        _labels(replies[-1].json()) if name_of == "label" else frozenset(),
        median(times),
        len(warm),
        facts.peak_memory_mb(replies[-1]),
        size_bytes,
    )


def table(rows: Sequence[Measured]) -> str:
    """HTML: a line for each candidate."""
    heads = ("model", "answer", "score", "inference", "memory", "size")
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(each.name)}</th><td>{escape(_cut(each.gist))}</td>'
        f"<td>{_share(each.score)}</td><td>{facts.duration(each.inference_ms)}</td>"
        f"<td>{_megabytes(each.memory_mb)}</td><td>{_size(each.size_bytes)}</td></tr>"
        for each in rows
    )
    calls = min(each.calls for each in rows)
    counted = f"the median of {calls} warm calls" if calls > 1 else "of one call"
    said = (
        f"Inference is {counted}. Memory is the most that the process has held; models of one function "
        "share a process."
    )
    return (
        f'<p class="quiet">{said}</p><div class="scrolls" tabindex="0" role="region" aria-label="Figures">'
        f'<table class="forms"><tr>{head}</tr>{body}</table></div>'
    )


def advice(rows: Sequence[Measured]) -> str:
    """HTML: what the figures say, in a sentence or two."""
    if len(rows) < 2:
        return ""
    by_time = sorted(rows, key=lambda each: each.inference_ms)
    fastest, slowest = by_time[0], by_time[-1]
    ratio = slowest.inference_ms / fastest.inference_ms if fastest.inference_ms else 1.0
    said = f"{_agreement(rows)} {_speed(fastest, slowest, ratio)} {_choice(rows, fastest, ratio)}"
    return f'<p class="advice">{escape(" ".join(said.split()))}</p>'


def _agreement(rows: Sequence[Measured]) -> str:
    if all(each.labels for each in rows) and not frozenset.intersection(*(each.labels for each in rows)):
        return "They answer different questions: no label is the same."
    gists = {each.gist for each in rows}
    if gists == {""}:
        return ""
    if len(gists) > 1:
        return "Their answers differ."
    (gist,) = gists
    return f"All say {gist}." if len(gist) < LONGEST_GIST_CHARS else "All write the same."


def _speed(fastest: Measured, slowest: Measured, ratio: float) -> str:
    if ratio < NEAR:
        return "They are about equally fast."
    smaller = ""
    if fastest.size_bytes and slowest.size_bytes and fastest.size_bytes < slowest.size_bytes:
        smaller = f", with {fastest.size_bytes / slowest.size_bytes:.0%} of the size"
    return f"{fastest.name} is {ratio:.1f} times as fast as {slowest.name}{smaller}."


def _choice(rows: Sequence[Measured], fastest: Measured, ratio: float) -> str:
    if _agreement(rows).startswith("They answer"):
        return "Choose by the question that you have."
    if len({each.gist for each in rows}) > 1:
        return "Try more inputs of your own before you choose."
    sized = [each for each in rows if each.size_bytes]
    pick = fastest if ratio >= NEAR else min(sized, key=_bytes) if len(sized) == len(rows) else None
    return f"Take {pick.name} for inputs like this one." if pick else "Take the one that you know better."


def _bytes(row: Measured) -> int:
    return row.size_bytes or 0


def _is_cold(reply: Reply) -> bool:
    return "load" in facts.told(reply)


def _first(result: Any) -> Mapping[str, Any]:
    """Of an answer the best part that is an object."""
    while isinstance(result, list) and result:
        result = result[0]
    return result if isinstance(result, dict) else {}


def _labels(result: Any) -> frozenset[str]:
    if isinstance(result, list):
        return frozenset().union(*(_labels(each) for each in result))
    return (
        frozenset({str(result["label"])}) if isinstance(result, dict) and "label" in result else frozenset()
    )


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_GIST_CHARS else f"{text[:LONGEST_GIST_CHARS].rstrip()}…"


def _share(score: float | None) -> str:
    return "" if score is None else f"{score:.1%}"


def _megabytes(memory_mb: float | None) -> str:
    return "" if memory_mb is None else f"{memory_mb:,.0f} MB"


def _size(size_bytes: int | None) -> str:
    return "" if size_bytes is None else f"{size_bytes / 1e6:,.1f} MB"
