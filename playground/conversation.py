"""A conversation with a function that answers OpenAI's ``/v1/chat/completions``."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

import gradio as gr

from playground import answer, facts, progress, refusal
from playground.access import NoCredentials
from playground.client import Reply, Unreachable, error_reply
from playground.description import CONVERSATION
from playground.events import EventReply
from playground.form_view import MAIN_ACT
from playground.running import run_streamed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playground.description import Catalogue, Description

LONGEST_ANSWER = 512
USUAL_ANSWER = 80
EXAMPLES = (
    "What is the capital of France?",
    "Name three fruits.",
    "Write one sentence about the sea.",
)
"""The first is asked when the view opens on a model that is ready."""
SOON_S = 0.2


def show(catalogue: Catalogue, description: Description, *, runs_first: bool) -> None:
    """Put the conversation on the page."""
    talk = gr.Chatbot(
        show_label=False,
        label="Conversation",
        height=340,
        placeholder="Say something to the model.",
        buttons=[],
    )
    with gr.Row(elem_classes="examples"):
        examples = [gr.Button(text, size="sm", min_width=80) for text in EXAMPLES]
    with gr.Row(equal_height=False, elem_classes="turn"):
        said = gr.Textbox(
            show_label=False,
            label="Your turn",
            placeholder="Write, then press Enter",
            lines=1,
            autofocus=False,
            scale=6,
            container=False,
        )
        send = gr.Button("Send", variant="primary", min_width=90, scale=1, elem_classes=MAIN_ACT)
        stop = gr.Button("Stop", min_width=90, scale=1, visible=False)
    waits = gr.HTML("", elem_classes="waits")
    with gr.Accordion("Settings", open=False):
        longest = gr.Slider(
            1,
            LONGEST_ANSWER,
            USUAL_ANSWER,
            step=1,
            label="Longest answer",
            info="In tokens.",
            interactive=True,
        )
        bold = gr.Slider(
            0, 2, 0, step=0.1, label="Temperature", info="0 takes the likeliest words.", interactive=True
        )
    clear = gr.Button("New conversation", size="sm")
    with gr.Accordion("About the model", open=False):
        about = gr.HTML(facts.about(description))

    def take(text: str, history: list[dict[str, Any]]) -> dict[Any, Any]:
        if not text.strip():
            return {waits: answer.refused("Write something first.")}
        return {said: "", talk: [*history, {"role": "user", "content": text}], waits: progress.started()}

    def busy(is_busy: bool) -> dict[Any, Any]:
        return {send: gr.update(visible=not is_busy), stop: gr.update(visible=is_busy)}

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
        yield busy(True)
        for shown in _as_it_comes(catalogue, description, document):
            has_begun = shown.text is not None
            said = {talk: [*history, {"role": "assistant", "content": shown.text}]} if has_begun else {}
            yield {**said, waits: shown.below}
        yield busy(False)
        with suppress(Unreachable, NoCredentials):
            yield {about: facts.about(catalogue.settled(description.endpoint.name))}

    settings, places = [talk, longest, bold], [talk, waits, about, send, stop]
    now: dict[str, Any] = {"show_progress": "hidden", "queue": False}
    taken = [gr.on([send.click, said.submit], take, [said, talk], [said, talk, waits], **now)]
    for text, button in zip(EXAMPLES, examples, strict=True):
        taken.append(button.click(partial(take, text), talk, [said, talk, waits], **now))
    if runs_first:
        soon = gr.Timer(SOON_S)
        asked = partial(_first, soon, take)
        taken.append(soon.tick(asked, talk, [soon, said, talk, waits], trigger_mode="once", **now))
    running = [each.then(answered, settings, places, show_progress="hidden") for each in taken]
    stop.click(lambda: {**busy(False), waits: ""}, None, [send, stop, waits], cancels=running, **now)
    clear.click(lambda: ([], ""), None, [talk, waits], **now)


def _first(soon: gr.Timer, take: Callable[..., dict[Any, Any]], history: list[Any]) -> dict[Any, Any]:
    """The first example, unless somebody was quicker."""
    return {soon: gr.Timer(active=False), **({} if history else take(EXAMPLES[0], history))}


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
