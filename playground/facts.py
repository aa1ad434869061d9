"""What is known about a model and an answer, in a line or two."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

from inference.http.response import PEAK_MEMORY_MB, SERVER_TIMING, TRUNCATED_INPUTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playground.client import Reply
    from playground.description import Description
    from playground.events import EventReply

NOT_READY = "not prepared yet; the first call does it"
TIMING = re.compile(r"([\w-]+);dur=([\d.]+)")
"""A metric of a ``Server-Timing`` header (W3C Server Timing), in milliseconds."""


def about(description: Description) -> str:
    """The model, and what it became: engine, precision, and how far from the original that is."""
    document = description.document
    served = f"{document['engine']} {document['precision']}" if document.get("engine") else NOT_READY
    facts = [
        ("model", document["model"]),
        ("revision", str(document["revision"])[:12]),
        ("served by", served),
    ]
    rows = "".join(f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>" for name, value in facts)
    return (
        f'<div class="about"><p>{escape(document["summary"])}</p>{badge(description.note)}'
        f'<dl class="facts">{rows}</dl>{precision(document)}</div>'
    )


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


def timings(reply: Reply) -> str:
    """What an answer took: as told by the function, and from here."""
    told = {name: float(value) for name, value in TIMING.findall(reply.headers.get(SERVER_TIMING, ""))}
    state = "cold: the model was just loaded" if "load" in told else "warm"
    facts = [(name, _duration(value)) for name, value in told.items()]
    facts += [("in all, from here", _duration(reply.seconds * 1000)), ("start", state)]
    if memory := reply.headers.get(PEAK_MEMORY_MB):
        facts.append(("peak memory of its process", f"{float(memory):,.0f} MB"))
    if (cut := reply.headers.get(TRUNCATED_INPUTS, "0")) != "0":
        facts.append(("inputs cut to the model's window", cut))
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts)
    return f'<dl class="facts">{rows}</dl>'


def pace(tokens: int, reply: EventReply) -> str:
    """How fast an answer comes, as seen from here; a first token alone tells no speed."""
    seconds = reply.seconds
    facts = [("tokens", f"{tokens}"), ("first token", _duration(reply.first_s * 1000))]
    if tokens > 1 and seconds > reply.first_s:
        facts.append(("tokens a second", f"{(tokens - 1) / (seconds - reply.first_s):.1f}"))
    facts.append(("in all, from here", _duration(seconds * 1000)))
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts)
    return f'<dl class="facts">{rows}</dl>'


def _duration(milliseconds: float) -> str:
    return f"{milliseconds:,.1f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:,.2f} s"


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if value > 1 and value == int(value) else f"{value:.4f}"
