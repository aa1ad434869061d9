"""One function's tab: what it is, its form, and its answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from playground import answer, code, conversation, facts, form_view, progress
from playground.access import NoCredentials
from playground.client import Reply, Unreachable
from playground.running import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playground.description import Catalogue, Description
    from playground.form import Request
    from playground.form_view import FormView


def show(catalogue: Catalogue, name: str) -> None:
    """Put the tab's inside on the page; where the function does not say what it is, say that."""
    try:
        description = catalogue.describe(name)
    except (Unreachable, NoCredentials) as error:
        gr.HTML(answer.refused(str(error)))
        return
    about = gr.HTML(facts.about(description))
    if not description.has_conversation:
        _show_form(catalogue, description, about)
        return
    with gr.Tabs():
        with gr.Tab("Conversation"):
            conversation.show(catalogue, description, about)
        with gr.Tab("Continue a text"):
            _show_form(catalogue, description, about)


def _show_form(catalogue: Catalogue, description: Description, about: gr.HTML) -> None:
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320):
            view = form_view.show(description)
            send = gr.Button("Run", variant="primary")
        with gr.Column(scale=6, min_width=320):
            waits = gr.HTML("", elem_classes="waits")
            result = gr.HTML('<p class="quiet">The answer will stand here.</p>', elem_classes="result")
    sent, came, codes = _details(catalogue, description, view)

    def answered(*values: Any) -> Iterator[dict[Any, Any]]:
        request = view.request(values)
        yield {
            waits: progress.started(),
            result: "",
            came: "",
            sent: _sent(description, request),
            **_code(catalogue, description, request, codes),
        }
        try:
            for state in run(catalogue.client, description.endpoint, request.document()):
                if isinstance(state, Reply):
                    yield {
                        waits: "",
                        result: answer.draw(description, request, state),
                        came: code.block("Response", "http", answer.raw(state)),
                        about: facts.about(catalogue.settled(description.endpoint.name)),
                    }
                else:
                    yield {waits: progress.bar(state)}
        except (Unreachable, NoCredentials) as error:
            yield {waits: "", result: answer.refused(str(error))}

    send.click(
        answered,
        view.controls,
        [waits, result, about, sent, came, *codes],
        show_progress="hidden",
        concurrency_limit=4,
    )


def _details(
    catalogue: Catalogue, description: Description, view: FormView
) -> tuple[gr.Markdown, gr.Markdown, list[gr.Markdown]]:
    """What is sent and came, and code to paste; the first example's until something is sent.

    Blocks of Markdown: Gradio's editor is measured while it is hidden, and then looks torn.
    """
    body = description.document["examples"][0]["body"]
    request = view.form.read_example(body)
    with gr.Accordion("Code to paste", open=False):
        codes = [_block(text) for text in _texts(catalogue, description, request)]
    with gr.Accordion("Request and response as they are", open=False):
        sent = _block(_sent(description, request))
        came = _block("")
    return sent, came, codes


def _block(text: str) -> gr.Markdown:
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


def _code(
    catalogue: Catalogue, description: Description, request: Request, codes: list[gr.Markdown]
) -> dict[Any, Any]:
    return dict(zip(codes, _texts(catalogue, description, request), strict=True))
