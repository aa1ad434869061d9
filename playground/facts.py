"""What is known about a model and an answer, in a line or two."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

from inference.http.response import PEAK_MEMORY_MB, SERVER_TIMING, TRUNCATED_INPUTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from playground.client import Reply
    from playground.description import Description
    from playground.events import EventReply

NOT_READY = "not loaded yet: the first run downloads and prepares it"
HUB_PAGE = "https://huggingface.co/"
TIMING = re.compile(r"([\w-]+);dur=([\d.]+)")
"""A metric of a ``Server-Timing`` header (W3C Server Timing), in milliseconds."""
PREPARING = ("download", "convert", "load")
"""What was done before the model could run, the work of the first call alone."""


def about(description: Description) -> str:
    """What the model is and became: engine, precision, and how far from the original that is."""
    document = description.document
    served = f"{document['engine']} {document['precision']}" if document.get("engine") else NOT_READY
    rows = [
        _row("model", _model_link(description)),
        _row("served by", escape(served)),
        _row("revision", escape(str(document["revision"])[:12])),
    ]
    notes = "".join(f'<p class="quiet">{escape(note)}</p>' for note in document.get("notes") or ())
    return f'<div class="about"><dl class="facts">{"".join(rows)}</dl>{notes}{precision(document)}</div>'


def head(description: Description, title: str) -> str:
    """What stands over a form: the function's name, and what it does."""
    summary = escape(description.document["summary"])
    return f'<div class="about"><h2>{escape(title)}</h2><p>{summary}</p>{badge(description.note)}</div>'


def _model_link(description: Description) -> str:
    name = escape(description.document["model"])
    if description.is_demo:
        return name
    return f'<a href="{HUB_PAGE}{name}" target="_blank" rel="noopener">{name}</a>'


def _row(name: str, drawn: str) -> str:
    return f"<div><dt>{escape(name)}</dt><dd>{drawn}</dd></div>"


def rows(facts: Sequence[tuple[str, str]]) -> str:
    """Names and values in a line that wraps."""
    return f'<dl class="facts">{"".join(_row(name, escape(value)) for name, value in facts)}</dl>'


def badge(note: str) -> str:
    """What has to stand beside every answer of a model."""
    return f'<p class="badge">{escape(note)}</p>' if note else ""


def precision(document: Mapping[str, Any]) -> str:
    """Forms of the model against fp32 torch, as measured at the conversion: the kept one, and faster ones."""
    if not document.get("drift"):
        return ""
    forms = [(each["precision"], "over the budget", each["figures"]) for each in document["rejected"] or ()]
    forms.append((document["precision"], "kept", document["drift"]))
    names = list(document["drift"])
    heads = "".join(f'<th scope="col">{escape(name.replace("_", " "))}</th>' for name in names)
    rows = "".join(
        f'<tr class="{state.split()[0]}"><th scope="row">{escape(form)}</th><td>{state}</td>'
        + "".join(f"<td>{_figure(figures.get(name))}</td>" for name in names)
        + "</tr>"
        for form, state, figures in forms
    )
    return (
        f"<details><summary>Precision: {escape(document['precision'])} against fp32 torch</summary>"
        f"<p>{escape(str(document.get('reason') or ''))}.</p>"
        f'<div class="scrolls" tabindex="0" role="region" aria-label="Forms compared"><table class="forms">'
        f'<tr><th scope="col">form</th><th scope="col">is</th>{heads}</tr>{rows}</table></div></details>'
    )


def told(reply: Reply) -> dict[str, float]:
    """Milliseconds of each part of the work, as the function tells them."""
    return {name: float(value) for name, value in TIMING.findall(reply.headers.get(SERVER_TIMING, ""))}


def timings(reply: Reply) -> str:
    """What an answer took: as told by the function, and from here.

    What prepared the model may have begun before the request, so the whole may be shorter than that part.
    """
    parts = told(reply)
    facts = [(name, duration(value)) for name, value in parts.items() if name not in PREPARING]
    facts.append(("total", duration(reply.seconds * 1000)))
    if memory := peak_memory_mb(reply):
        facts.append(("memory", f"{memory:,.0f} MB"))
    if (cut := reply.headers.get(TRUNCATED_INPUTS, "0")) != "0":
        facts.append(("inputs cut to the model's window", cut))
    first = [f"{name} {duration(parts[name])}" for name in PREPARING if name in parts]
    before = f'<p class="quiet">First call: {escape(", ".join(first))}.</p>' if first else ""
    return rows(facts) + before


def peak_memory_mb(reply: Reply) -> float | None:
    """The most that the answering process has held so far."""
    memory = reply.headers.get(PEAK_MEMORY_MB)
    return float(memory) if memory else None


def pace(tokens: int, reply: EventReply) -> str:
    """How fast an answer comes, as seen from here; a first token alone tells no speed."""
    seconds = reply.seconds
    facts = [("tokens", f"{tokens}"), ("first token", duration(reply.first_s * 1000))]
    if tokens > 1 and seconds > reply.first_s:
        facts.append(("tokens a second", f"{(tokens - 1) / (seconds - reply.first_s):.1f}"))
    facts.append(("total", duration(seconds * 1000)))
    return rows(facts)


def duration(milliseconds: float) -> str:
    """For the eye: seconds from one second on."""
    return f"{milliseconds:,.1f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:,.2f} s"


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if value > 1 and value == int(value) else f"{value:.4f}"
