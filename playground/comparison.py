"""One input asked of several candidates in turn: what the tabs that compare have in common."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr

from playground import answer
from playground.access import NoCredentials
from playground.client import Reply, Unreachable
from playground.form import Request
from playground.running import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from playground.description import Catalogue, Description
    from playground.running import Waiting

FIRST = "sentiment"
"""The function that the page and the comparisons open with, where there is one."""


@dataclass(frozen=True)
class Candidate:
    """A model that a function may be asked for."""

    catalogue: Catalogue
    description: Description
    model: str

    @property
    def label(self) -> str:
        return f"{self.description.endpoint.name}: {self.model}"

    @property
    def is_default(self) -> bool:
        return self.model == self.description.models[0]

    def settled(self) -> Description:
        """What its function says of itself, once it answered."""
        return self.catalogue.settled(self.description.endpoint.name)

    def asked(self, request: Request) -> Request:
        """The request, of this model."""
        return Request(request.inputs, request.parameters, None if self.is_default else self.model)


def pick_function(catalogue: Catalogue, show: Callable[[Description], None]) -> None:
    """Put the choice of a function on the page, and under it what there is for the chosen one."""
    names = catalogue.names()
    # What gr.render makes with a value in it is read-only, unless Gradio is told otherwise.
    first = FIRST if FIRST in names else names[0]
    picked = gr.Radio(names, value=first, label="function", interactive=True)

    def fill(name: str) -> None:
        try:
            show(catalogue.describe(name))
        except (Unreachable, NoCredentials) as error:
            gr.HTML(answer.refused(str(error)))

    gr.render(inputs=picked)(fill)


def ask(candidate: Candidate, request: Request) -> Iterator[Waiting | str]:
    """Yields how far it is, and in the end the answer drawn, or what is wrong in words."""
    asked, description = candidate.asked(request), candidate.description
    try:
        for state in run(candidate.catalogue.client, description.endpoint, asked.document()):
            yield answer.draw(description, asked, state) if isinstance(state, Reply) else state
    except (Unreachable, NoCredentials) as error:
        yield answer.refused(str(error))


def card(heading: str, about: Sequence[Any], body: str) -> str:
    """HTML: whose answer it is, what is known of that, and the answer."""
    small = escape(" · ".join(str(each) for each in about if each))
    return f'<article><h2>{escape(heading)}</h2><p class="quiet">{small}</p>{body}</article>'


def beside(cards: Sequence[str]) -> str:
    """HTML: cards side by side where the window has room."""
    return f'<div class="compared">{"".join(cards)}</div>'
