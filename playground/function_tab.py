"""One function's view: its form, its answers beside it; below them the model, and code to paste."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from inference.task_kinds import kind_of
from playground import answer, code, conversation, facts, form_view, progress, views
from playground.access import NoCredentials
from playground.client import Reply, Unreachable
from playground.events import EventReply
from playground.form import form_of
from playground.running import run, run_streamed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playground.description import Catalogue, Description
    from playground.form import Request

SOON_S = 0.2
"""After which the first example is run, once the view is on the page."""


def show(catalogue: Catalogue, name: str, *, is_first: bool = False) -> None:
    """Put the view's inside on the page; where the function does not say what it is, say that."""
    try:
        description = catalogue.describe(name)
    except (Unreachable, NoCredentials) as error:
        gr.HTML(answer.refused(str(error)))
        return
    gr.HTML(facts.head(description, views.title(name)))
    runs_first = description.is_ready or (is_first and description.endpoint.invoke_url is not None)
    if not description.has_conversation:
        _show_form(catalogue, description, runs_first=runs_first)
        return
    with gr.Tabs():
        with gr.Tab("Conversation"):
            conversation.show(catalogue, description, runs_first=runs_first)
        with gr.Tab("Continue a text"):
            _show_form(catalogue, description, runs_first=False)


def _show_form(catalogue: Catalogue, description: Description, *, runs_first: bool) -> None:
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=280):
            view = form_view.show(description, "Run")
        with gr.Column(scale=6, min_width=280):
            waits = gr.HTML("", elem_classes="waits")
            result = gr.HTML(_before(runs_first), elem_classes="result")
    about, sent, came, codes = _details(catalogue, description)

    def answered(*values: Any) -> Iterator[dict[Any, Any]]:
        request = view.request(values)
        yield {
            **view.busy(True),
            waits: progress.started(),
            result: "",
            came: "",
            sent: _sent(description, request),
            **dict(zip(codes, _texts(catalogue, description, request), strict=True)),
        }
        try:
            for shown in _as_it_comes(catalogue, description, request):
                yield dict(zip((waits, result, came), shown, strict=True))
            yield {about: facts.about(catalogue.settled(description.endpoint.name))}
        except (Unreachable, NoCredentials) as error:
            yield {waits: "", result: answer.refused(str(error))}
        yield view.busy(False)

    places = [waits, result, about, sent, came, *codes, view.act, view.stop]
    send = view.act.click(
        answered, view.controls, places, show_progress="hidden", concurrency_limit=4, trigger_mode="once"
    )
    running = [send]
    if runs_first:
        soon = gr.Timer(SOON_S)

        def first(*values: Any) -> Iterator[dict[Any, Any]]:
            yield {soon: gr.Timer(active=False)}
            yield from answered(*values)

        running.append(
            soon.tick(first, view.controls, [*places, soon], show_progress="hidden", trigger_mode="once")
        )
    view.stop.click(
        lambda: {**view.busy(False), waits: "", result: '<p class="quiet">Stopped.</p>'},
        None,
        [view.act, view.stop, waits, result],
        cancels=running,
        show_progress="hidden",
        queue=False,
    )


def _before(runs_first: bool) -> str:
    """What stands where the result will be."""
    said = "Running the first example." if runs_first else "The result appears here."
    return f'<p class="quiet">{said}</p>'


def _as_it_comes(
    catalogue: Catalogue, description: Description, request: Request
) -> Iterator[tuple[str, str, str]]:
    """How far it is, the result so far, and the response as it came."""
    client, endpoint, document = catalogue.client, description.endpoint, request.document()
    streams = kind_of(description.task).writes and not description.media_kind and _is_one_text(request)
    states = (
        run_streamed(client, endpoint, {**document, "stream": True})
        if streams
        else run(client, endpoint, document)
    )
    for state in states:
        if isinstance(state, Reply):
            response = code.block("Response", "http", answer.raw(state))
            yield "", answer.draw(description, request, state), response
        elif isinstance(state, EventReply):
            for drawn, response in answer.words(description, request, state):
                yield "", drawn, response
        else:
            yield progress.bar(state), "", ""


def _is_one_text(request: Request) -> bool:
    return isinstance(request.inputs, str) and not request.parameters.get("partial")


def _details(
    catalogue: Catalogue, description: Description
) -> tuple[gr.HTML, gr.Markdown, gr.Markdown, list[gr.Markdown]]:
    """The model, code to paste, and what is sent and came; the first example's until something is sent.

    Blocks of Markdown: Gradio's editor is measured while it is hidden, and then looks torn.
    """
    form = form_of(description)
    request = form.read_example(description.document["examples"][0]["body"])
    with gr.Accordion("About the model", open=False):
        about = gr.HTML(facts.about(description))
    with gr.Accordion("Code to paste", open=False):
        codes = [_code(text) for text in _texts(catalogue, description, request)]
    with gr.Accordion("Raw request and response", open=False):
        sent = _code(_sent(description, request))
        came = _code("")
    return about, sent, came, codes


def _code(text: str) -> gr.Markdown:
    return gr.Markdown(text, elem_classes="code", latex_delimiters=[])


def _sent(description: Description, request: Request) -> str:
    return code.block("POST /", "json", code.shown(request.document(), description.media_kind))


def _texts(catalogue: Catalogue, description: Description, request: Request) -> tuple[str, str, str]:
    has_key = bool(catalogue.client.access.key)
    return (
        code.block("curl", "bash", code.curl(description, request, has_key=has_key)),
        code.block("InferenceClient", "python", code.hub_client(description, request, has_key=has_key)),
        code.block("boto3", "python", code.boto3(description, request)),
    )
