"""One input asked of several candidates in turn: what the tabs that compare have in common."""

from __future__ import annotations

import time
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr

from playground import answer, views
from playground.access import NoCredentials
from playground.client import Reply, Unreachable
from playground.form import Request
from playground.measured import advice, measured, table
from playground.running import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from playground.description import Catalogue, Description
    from playground.form_view import FormView
    from playground.measured import Measured
    from playground.running import Waiting

FIRST = "sentiment"
"""The function that the page and the comparisons open with, where there is one."""
CALLS = 5
"""Each candidate is asked so often, as long as that is quick."""
LONGEST_S = 4.0
"""After so many seconds a candidate is not asked again."""


@dataclass(frozen=True)
class Candidate:
    """A model that a function may be asked for."""

    catalogue: Catalogue
    description: Description
    model: str

    @property
    def label(self) -> str:
        return f"{views.title(self.description.endpoint.name)}: {self.model}"

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
    names = [(views.title(name), name) for name in catalogue.names()]
    # What gr.render makes with a value in it is read-only, unless Gradio is told otherwise.
    known = catalogue.names()
    first = FIRST if FIRST in known else known[0]
    picked = gr.Dropdown(names, value=first, label="Function", interactive=True, filterable=False)

    def fill(name: str) -> None:
        try:
            show(catalogue.describe(name))
        except (Unreachable, NoCredentials) as error:
            gr.HTML(answer.refused(str(error)))

    gr.render(inputs=picked)(fill)


@dataclass(frozen=True)
class Asked:
    """A candidate's answer drawn, or what is wrong in words; figures only of an answer."""

    drawn: str
    figures: Measured | None = None


def ask(candidate: Candidate, request: Request) -> Iterator[Waiting | Asked]:
    """Yields how far it is, and in the end the answer; who is quick is asked again, for a median time."""
    asked, description = candidate.asked(request), candidate.description
    replies: list[Reply] = []
    started_s = time.monotonic()
    try:
        while len(replies) < CALLS and (not replies or time.monotonic() - started_s < LONGEST_S):
            for state in run(candidate.catalogue.client, description.endpoint, asked.document()):
                if not isinstance(state, Reply):
                    yield state
                elif state.status != 200:
                    yield Asked(answer.draw(description, asked, state))
                    return
                else:
                    replies.append(state)
    except (Unreachable, NoCredentials) as error:
        yield Asked(answer.refused(str(error)))
        return
    size = candidate.settled().document.get("size_bytes") if candidate.is_default else None
    figures = measured(candidate.model, replies, size)
    yield Asked(answer.draw(description, asked, replies[-1]), figures)


def summary(found: Sequence[Asked]) -> str:
    """HTML: figures of those that answered, and what they say."""
    rows = [each.figures for each in found if each.figures]
    return advice(rows) + table(rows) if len(rows) > 1 else ""


def card(heading: str, about: Sequence[Any], body: str) -> str:
    """HTML: whose answer it is, what is known of that, and the answer."""
    small = escape(" · ".join(str(each) for each in about if each))
    return f'<article><h3>{escape(heading)}</h3><p class="quiet">{small}</p>{body}</article>'


def beside(cards: Sequence[str]) -> str:
    """HTML: cards side by side where the window has room."""
    return f'<div class="compared">{"".join(cards)}</div>'


def connect(
    view: FormView, answered: Callable[..., Any], controls: list[Any], waits: Any, compared: Any
) -> None:
    """The form's buttons begin a comparison, and end it."""
    places = [waits, compared, view.act, view.stop]
    running = view.act.click(answered, controls, places, show_progress="hidden", trigger_mode="once")
    view.stop.click(
        lambda: {waits: "", **view.busy(False)},
        None,
        [waits, view.act, view.stop],
        cancels=[running],
        show_progress="hidden",
        queue=False,
    )
