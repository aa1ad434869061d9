"""Answers that come as events, as the page reads them."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import pytest

from playground import facts
from playground.client import error_reply
from playground.events import EventReply, documents
from playground.refusal import kind, words

BODY = (
    b': {"stage": "loading"}\n\ndata: {"a": 1}\n\n: note\n\n'
    b'data: {"b": 2}\n\ndata: [DONE]\n\ndata: {"c": 3}\n\n'
)


def test_documents_are_the_events_up_to_the_end_without_comments() -> None:
    reply = io.BytesIO(BODY)
    assert list(documents(reply)) == [{"a": 1}, {"b": 2}]
    assert reply.closed


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"error": {"message": "wait", "type": "ModelNotReady"}, "estimated_time": 3.0}, 503),
        ({"error": {"message": "no", "type": "InternalError"}}, 500),
        ({"error": "no", "type": "InternalError"}, 500),
    ],
)
def test_an_error_in_an_event_is_read_as_its_reply(error: dict[str, Any], status: int) -> None:
    reply = error_reply(error, {}, 0.1)
    assert (reply.status, reply.json().get("estimated_time")) == (status, error.get("estimated_time"))
    assert kind(reply) == json.loads(reply.body)["type"]
    assert words(reply).startswith(("Wait", "No"))


def test_a_speed_is_shown_of_more_than_one_token() -> None:
    reply = EventReply({}, None, 0.5, iter(()), time.monotonic() - 1.5)
    assert "tokens a second" in facts.pace(11, reply)
    assert "tokens a second" not in facts.pace(1, reply)
