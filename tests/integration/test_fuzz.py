"""Any request is either answered or refused with a documented error that names the field; never a 500.

``HUBLET_FUZZ`` says how many requests for each task; ``make fuzz`` sends 10,000.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference.tasks import all_tasks, get_task
from tests.support.fuzz import bodies, openai_bodies
from tests.support.served import FIRST_TIME_S

if TYPE_CHECKING:
    from inference.task import Task
    from tests.support.served import Served

TASKS = all_tasks()
REQUESTS = int(os.environ.get("HUBLET_FUZZ", "80"))
DOCUMENTED = (200, 400, 422)
ROUTES = {
    "/v1/chat/completions": "chat",
    "/v1/completions": "chat",
    "/v1/responses": "chat",
    "/v1/embeddings": "embeddings",
}
"""OpenAI's, and the function that has each."""


@pytest.mark.timeout(FIRST_TIME_S + REQUESTS)
@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_any_json_is_answered_or_refused_by_name(served: Served, task: Task) -> None:
    prepare(served, task)
    url = f"{served.url}{task.function_name}/"
    seen = send_all(url, bodies(task))
    assert seen.get(200, 0) >= REQUESTS // 40, seen  # the valid ones are there
    assert seen.get(422, 0) >= REQUESTS // 40, seen
    reply = httpx2.post(
        url, json=dict(task.examples[0].body), headers={"accept": "application/json"}, timeout=60
    )
    assert reply.status_code == 200


@pytest.mark.timeout(FIRST_TIME_S + REQUESTS)
@pytest.mark.parametrize("path", ROUTES)
def test_openais_routes_answer_or_refuse_by_name(served: Served, path: str) -> None:
    prepare(served, get_task(ROUTES[path]))
    seen = send_all(f"{served.url}{ROUTES[path]}{path}", openai_bodies(path))
    assert seen.get(200, 0) >= REQUESTS // 40, seen
    assert seen.get(422, 0) >= REQUESTS // 40, seen


def prepare(served: Served, task: Task) -> None:
    """The first call waits for the model; no request after it has to."""
    reply = served.post(f"{task.function_name}/", dict(task.examples[0].body))
    assert reply.status_code == 200, reply.text


def send_all(url: str, strategy: st.SearchStrategy[Any]) -> dict[int, int]:
    """Send each body; how many got which status. What is refused must be refused by name."""
    seen: dict[int, int] = {}
    headers = {"content-type": "application/json", "accept": "application/json"}
    with httpx2.Client(timeout=60) as client:

        @settings(
            max_examples=REQUESTS,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
        @given(body=strategy)
        def send(body: Any) -> None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            reply = client.post(url, content=content, headers=headers)
            seen[reply.status_code] = seen.get(reply.status_code, 0) + 1
            assert reply.status_code in DOCUMENTED, (reply.status_code, reply.text, body)
            if reply.status_code == 422:
                error = reply.json()["error"]
                message = error["message"] if isinstance(error, dict) else error
                assert ": " in message, message
                assert "/mnt" not in message

        send()
    return seen


@settings(max_examples=20, deadline=None, derandomize=True)
@given(text=st.text(max_size=200))
def test_any_body_at_all_is_no_server_error(served: Served, text: str) -> None:
    content = text.encode("utf-8", "surrogatepass")
    assert httpx2.post(f"{served.url}sentiment/", content=content).status_code in (400, 415, 422)
