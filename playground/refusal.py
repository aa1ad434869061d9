"""A refused call in words: what the function said, and what its status means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playground import labels

if TYPE_CHECKING:
    from playground.client import Reply

MEANINGS = {
    401: "The function asks for a key: set HUBLET_KEY before make ui.",
    403: "AWS does not let these credentials call the function.",
    413: "Send less at once.",
    424: "The Hub does not give this model. For the real models, start with HUB=https://huggingface.co.",
    429: "Too many calls at once; try again in a moment.",
    502: "The function broke down; its log says more.",
    503: "Try again in a moment.",
    507: "The model cache is full; make cache ACTION=list shows what is on it.",
}
"""Status -> what to do about it."""


def words(reply: Reply) -> str:
    """The message of an error, with what to do about it where that is known."""
    said = labels.in_words(message(reply)) or f"the answer has status {reply.status}"
    said = said[0].upper() + said[1:]
    return f"{said.rstrip('.')}. {MEANINGS.get(reply.status, '')}".strip()


def kind(reply: Reply) -> str:
    """The type of the error, like ``InvalidField``."""
    return str(_document(reply).get("type") or f"HTTP {reply.status}")


def message(reply: Reply) -> str:
    """What the function, OpenAI's form of it, or Lambda itself says."""
    document = _document(reply)
    said = document.get("error") or document.get("Message") or document.get("message") or ""
    return str(said.get("message", "") if isinstance(said, dict) else said)


def _document(reply: Reply) -> dict[str, Any]:
    try:
        document = reply.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
