"""The same input to several models side by side: with scores, latency, memory and precision."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr

from playground import answer, facts, form_view, progress
from playground.access import NoCredentials
from playground.client import Reply, Unreachable
from playground.form import Request
from playground.running import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playground.description import Catalogue, Description

FIRST = "sentiment"
"""The function that the page and the comparison open with, where there is one."""
AT_FIRST = 2
"""So many models are chosen when a function is."""


@dataclass(frozen=True)
class Candidate:
    """A model that a function may be asked for."""

    description: Description
    model: str

    @property
    def label(self) -> str:
        return f"{self.description.endpoint.name}: {self.model}"

    @property
    def is_default(self) -> bool:
        return self.model == self.description.models[0]


def show(catalogue: Catalogue) -> None:
    """Put the comparison on the page: first which function, then its form and the models that fit it."""
    gr.HTML(
        '<p class="quiet">The same input to several models: those that a function allows, and those of other '
        "functions of the same kind. Memory is the most that the answering process has held so far: models "
        "of one function share a process, so the second one's figure has the first in it.</p>"
    )
    names = catalogue.names()
    picked = gr.Radio(names, value=FIRST if FIRST in names else names[0], label="function")

    def fill(name: str) -> None:
        try:
            _show_function(catalogue, catalogue.describe(name))
        except (Unreachable, NoCredentials) as error:
            gr.HTML(answer.refused(str(error)))

    gr.render(inputs=picked)(fill)


def candidates(description: Description, of_kind: list[Description]) -> list[Candidate]:
    """Models of a function, then those of other functions of the same kind of task."""
    others = [each for each in of_kind if each.endpoint != description.endpoint]
    return [Candidate(each, model) for each in (description, *others) for model in each.models]


def _show_function(catalogue: Catalogue, description: Description) -> None:
    found = {each.label: each for each in candidates(description, catalogue.of_kind(description.task))}
    labels = list(found)
    if len(labels) < AT_FIRST:
        gr.HTML('<p class="quiet">No function here has a second model for this.</p>')
        return
    chosen = gr.CheckboxGroup(labels, value=labels[:AT_FIRST], label="models")
    view = form_view.show(description, with_model=False)
    send = gr.Button("Compare", variant="primary")
    waits = gr.HTML("", elem_classes="waits")
    compared = gr.HTML("", elem_classes="comparison")

    def answered(picked: list[str], *values: Any) -> Iterator[dict[Any, Any]]:
        request = view.request(values)
        cards: list[str] = []
        yield {compared: "", waits: progress.started()}
        for label in picked:
            for state in _ask(catalogue, found[label], request):
                if isinstance(state, str):
                    cards.append(state)
                    yield {compared: f'<div class="compared">{"".join(cards)}</div>'}
                else:
                    yield {waits: progress.bar(state, label)}
        yield {waits: "" if cards else answer.refused("Choose at least one model.")}

    send.click(answered, [chosen, *view.controls], [waits, compared], show_progress="hidden")


def _ask(catalogue: Catalogue, candidate: Candidate, request: Request) -> Iterator[Any]:
    """Yields how far it is, and in the end the model's card."""
    description = candidate.description
    asked = Request(request.inputs, request.parameters, None if candidate.is_default else candidate.model)
    try:
        for state in run(catalogue.client, description.endpoint, asked.document()):
            if isinstance(state, Reply):
                yield _card(catalogue, candidate, answer.draw(description, asked, state))
            else:
                yield state
    except (Unreachable, NoCredentials) as error:
        yield _card(catalogue, candidate, answer.refused(str(error)))


def _card(catalogue: Catalogue, candidate: Candidate, body: str) -> str:
    name = candidate.description.endpoint.name
    document = catalogue.settled(name).document
    served = f"{document['engine']} {document['precision']}" if candidate.is_default else ""
    precision = facts.precision(document) if candidate.is_default else ""
    return (
        f'<article><h2>{escape(candidate.model)}</h2><p class="quiet">{escape(name)}'
        f"{' · ' if served else ''}{escape(served)}</p>{body}{precision}</article>"
    )
