"""The same input to one model in two forms, fp32 and int8: with scores, latency and memory of each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import gradio as gr

from playground import answer, comparison, facts, form_view, progress
from playground.access import NoCredentials
from playground.client import Unreachable
from playground.comparison import Asked, Candidate
from playground.endpoints import NoEndpoints

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from playground.description import Catalogue, Description
    from playground.form import Request
    from playground.local_cloud import OtherPrecision

EXACT, FAST = "fp32", "int8"
ONE_FORM = ("transformers", "diffusers")
"""Engines that serve a model as it came."""
DEPLOYED = (
    '<p class="quiet">A deployed function has the one precision its stack was deployed with. To compare, '
    "deploy a second stack, <code>make deploy CONTEXT=&quot;-c name=Exact -c precision=fp32&quot;</code>, "
    "and open its page beside this one, <code>make ui UI_PORT=7861 ENDPOINTS=Exact</code>. For functions on "
    "this machine, which <code>make ui</code> alone shows, this tab does it by itself.</p>"
)


class NoOtherForm(Exception):
    """A model that has one form; the message says why."""


def show(catalogue: Catalogue, other: OtherPrecision | None) -> None:
    """Put the comparison on the page; ``None``: these functions have no other precision to offer."""
    if other is None:
        gr.HTML(DEPLOYED)
        return
    gr.HTML(
        '<div class="about"><h2>Compare precision</h2><p>The same input to one model twice: in the form '
        "that its function serves, and in the other, fp32 or int8. The first run prepares that.</p></div>"
    )
    comparison.pick_function(catalogue, lambda description: _show_function(catalogue, other, description))


def other_than(document: Mapping[str, Any]) -> str:
    """What the form that a function serves is compared with; :class:`NoOtherForm` where there is nothing."""
    if document["engine"] in ONE_FORM:
        raise NoOtherForm(f"{document['model']} is served by {document['engine']}, which has no other form")
    return FAST if document["precision"] == EXACT else EXACT


def _show_function(catalogue: Catalogue, other: OtherPrecision, description: Description) -> None:
    view = form_view.show(description, "Compare precision", with_model=False)
    waits = gr.HTML("", elem_classes="waits")
    compared = gr.HTML("", elem_classes="comparison")

    def answered(*values: Any) -> Iterator[dict[Any, Any]]:
        request = view.request(values)
        cards: list[str] = []
        asked: list[Asked] = []
        yield {compared: "", waits: progress.started(), **view.busy(True)}
        try:
            for state, label in _both(catalogue, other, description, request):
                if isinstance(state, Asked):
                    cards.append(state.drawn)
                    asked.append(state)
                    yield {compared: comparison.summary(asked) + comparison.beside(cards)}
                else:
                    yield {waits: progress.bar(state, label)}
            yield {waits: ""}
        except (Unreachable, NoCredentials, NoEndpoints, NoOtherForm) as error:
            yield {waits: answer.refused(str(error))}
        yield view.busy(False)

    comparison.connect(view, answered, view.controls, waits, compared)


def _both(
    catalogue: Catalogue, other: OtherPrecision, description: Description, request: Request
) -> Iterator[tuple[Any, str]]:
    """How far each is, with a word for it, and its answer."""
    name, model = description.endpoint.name, description.models[0]
    own = Candidate(catalogue, description, model)
    yield from _one(own, request, "its own form")
    document = own.settled().document
    if not document["engine"]:
        return  # the card says why there was no answer
    precision = other_than(document)
    beside = other.catalogue(name, precision)
    yield from _one(Candidate(beside, beside.describe(name), model), request, precision)


def _one(candidate: Candidate, request: Request, label: str) -> Iterator[tuple[Any, str]]:
    for state in comparison.ask(candidate, request):
        if not isinstance(state, Asked):
            yield state, label
            continue
        document = candidate.settled().document
        form = document["precision"] or label
        figures = state.figures and replace(state.figures, name=form)
        about = [candidate.model, document["engine"], document["reason"]]
        card = comparison.card(form, about, state.drawn + facts.precision(document))
        yield Asked(card, figures), label
