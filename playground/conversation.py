"""A conversation with a function that answers OpenAI's ``/v1/chat/completions``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from playground import answer, facts, progress, refusal
from playground.access import NoCredentials
from playground.client import Reply, Unreachable
from playground.description import CONVERSATION
from playground.running import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playground.description import Catalogue, Description

LONGEST_ANSWER = 512
USUAL_ANSWER = 80


def show(catalogue: Catalogue, description: Description, about: gr.HTML) -> None:
    """Put the conversation on the page."""
    talk = gr.Chatbot(label="Conversation", height=380, placeholder="Say something to the model.", buttons=[])
    waits = gr.HTML("", elem_classes="waits")
    said = gr.Textbox(label="Your turn", placeholder="Write, then press Enter", lines=1, autofocus=False)
    with gr.Row():
        send = gr.Button("Send", variant="primary", min_width=120)
        clear = gr.Button("New conversation", min_width=120)
    with gr.Accordion("Parameters", open=False):
        longest = gr.Slider(
            1,
            LONGEST_ANSWER,
            USUAL_ANSWER,
            step=1,
            label="max tokens",
            info="Longest answer.",
            interactive=True,
        )
        bold = gr.Slider(
            0, 2, 0, step=0.1, label="temperature", info="0 takes the likeliest words.", interactive=True
        )

    def take(text: str, history: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]], str]:
        if not text.strip():
            return "", history, answer.refused("Write something first.")
        return "", [*history, {"role": "user", "content": text}], progress.started()

    def answered(
        history: list[dict[str, Any]], max_tokens: int, temperature: float
    ) -> Iterator[dict[Any, Any]]:
        if not history or history[-1]["role"] != "user":
            yield {talk: history}
            return
        document = {"messages": _messages(history), "max_tokens": int(max_tokens), "temperature": temperature}
        try:
            for state in run(catalogue.client, description.endpoint, document, CONVERSATION):
                if not isinstance(state, Reply):
                    yield {waits: progress.bar(state)}
                elif state.status == 200:
                    message = state.json()["choices"][0]["message"]["content"]
                    yield {
                        talk: [*history, {"role": "assistant", "content": message}],
                        waits: facts.badge(description.note) + facts.timings(state),
                        about: facts.about(catalogue.settled(description.endpoint.name)),
                    }
                else:
                    yield {waits: answer.refused(refusal.words(state))}
        except (Unreachable, NoCredentials) as error:
            yield {waits: answer.refused(str(error))}

    taken = gr.on(
        [send.click, said.submit],
        take,
        [said, talk],
        [said, talk, waits],
        show_progress="hidden",
        queue=False,
    )
    taken.then(answered, [talk, longest, bold], [talk, waits, about], show_progress="hidden")
    clear.click(lambda: ([], ""), None, [talk, waits], show_progress="hidden", queue=False)


def _messages(history: list[dict[str, Any]]) -> list[dict[str, str]]:
    """What the page keeps of a turn is more than its role and text."""
    return [{"role": each["role"], "content": _text(each["content"])} for each in history]


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(each.get("text", "") for each in content if isinstance(each, dict))
