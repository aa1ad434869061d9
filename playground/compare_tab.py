"""The same input to several models side by side: with scores, latency, memory and precision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from playground import answer, comparison, facts, form_view, progress
from playground.comparison import Asked, Candidate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playground.description import Catalogue, Description

AT_FIRST = 2
"""So many models are chosen when a function is."""


def show(catalogue: Catalogue) -> None:
    """Put the comparison on the page: first which function, then its form and the models that fit it."""
    gr.HTML(
        '<div class="about"><h2>Compare models</h2><p>The same input to several models: those that a '
        "function allows, and those of other functions of the same kind.</p></div>"
    )
    comparison.pick_function(catalogue, lambda description: _show_function(catalogue, description))


def candidates(catalogue: Catalogue, description: Description) -> list[Candidate]:
    """Models of a function, then those of other functions of the same kind of task."""
    of_kind = catalogue.of_kind(description.task)
    others = [each for each in of_kind if each.endpoint != description.endpoint]
    return [Candidate(catalogue, each, model) for each in (description, *others) for model in each.models]


def _show_function(catalogue: Catalogue, description: Description) -> None:
    found = {each.label: each for each in candidates(catalogue, description)}
    labels = list(found)
    if len(labels) < AT_FIRST:
        gr.HTML('<p class="quiet">No function here has a second model for this.</p>')
        return
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=280):
            chosen = gr.CheckboxGroup(labels, value=labels[:AT_FIRST], label="Models", interactive=True)
        with gr.Column(scale=6, min_width=280):
            view = form_view.show(description, "Compare", with_model=False)
    waits = gr.HTML("", elem_classes="waits")
    compared = gr.HTML("", elem_classes="comparison")

    def answered(picked: list[str], *values: Any) -> Iterator[dict[Any, Any]]:
        request = view.request(values)
        cards: list[str] = []
        asked: list[Asked] = []
        yield {compared: "", waits: progress.started(), **view.busy(True)}
        for label in picked:
            for state in comparison.ask(found[label], request):
                if isinstance(state, Asked):
                    cards.append(_card(found[label], state.drawn))
                    asked.append(state)
                    yield {compared: comparison.summary(asked) + comparison.beside(cards)}
                else:
                    yield {waits: progress.bar(state, label)}
        yield {waits: "" if cards else answer.refused("Choose at least one model."), **view.busy(False)}

    comparison.connect(view, answered, [chosen, *view.controls], waits, compared)


def _card(candidate: Candidate, body: str) -> str:
    name = candidate.description.endpoint.name
    if not candidate.is_default:
        return comparison.card(candidate.model, [name], body)
    document = candidate.settled().document
    served = f"{document['engine']} {document['precision']}" if document["engine"] else ""
    return comparison.card(candidate.model, [name, served], body + facts.precision(document))
