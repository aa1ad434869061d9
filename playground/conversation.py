"""A conversation with a function that answers OpenAI's ``/v1/chat/completions``."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

import gradio as gr

from playground import answer, facts, progress, refusal
from playground.access import NoCredentials
from playground.client import Reply, Unreachable, error_reply
from playground.description import CONVERSATION
from playground.events import EventReply
from playground.running import run_streamed

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
        document = {
            "messages": _messages(history),
            "max_tokens": int(max_tokens),
            "temperature": temperature,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        for shown in _as_it_comes(catalogue, description, document):
            has_begun = shown.text is not None
            said = {talk: [*history, {"role": "assistant", "content": shown.text}]} if has_begun else {}
            yield {**said, waits: shown.below}
        with suppress(Unreachable, NoCredentials):
            yield {about: facts.about(catalogue.settled(description.endpoint.name))}

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


@dataclass(frozen=True)
class _Shown:
    """What stands on the page at one moment."""

    text: str | None
    """Of the answer so far; ``None`` before it begins."""
    below: str
    """HTML."""


def _as_it_comes(catalogue: Catalogue, description: Description, document: Any) -> Iterator[_Shown]:
    try:
        for state in run_streamed(catalogue.client, description.endpoint, document, CONVERSATION):
            if isinstance(state, Reply):
                yield _Shown(None, answer.refused(refusal.words(state)))
            elif isinstance(state, EventReply):
                yield from _words(state, facts.badge(description.note))
            else:
                yield _Shown(None, progress.bar(state))
    except (Unreachable, NoCredentials) as error:
        yield _Shown(None, answer.refused(str(error)))


def _words(reply: EventReply, badge: str) -> Iterator[_Shown]:
    text, tokens = "", 0
    try:
        for event in reply.documents():
            if "error" in event:
                broken = error_reply(event, reply.headers, reply.seconds)
                yield _Shown(text, answer.refused(refusal.words(broken)))
                return
            for choice in event["choices"]:
                piece = choice["delta"].get("content") or ""
                text, tokens = text + piece, tokens + bool(piece)
            tokens = (event.get("usage") or {}).get("completion_tokens", tokens)
            yield _Shown(text, badge + facts.pace(tokens, reply))
    except (OSError, HTTPException):
        yield _Shown(text, answer.refused("The answer broke off. Try again in a moment."))


def _messages(history: list[dict[str, Any]]) -> list[dict[str, str]]:
    """What the page keeps of a turn is more than its role and text."""
    return [{"role": each["role"], "content": _text(each["content"])} for each in history]


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(each.get("text", "") for each in content if isinstance(each, dict))
