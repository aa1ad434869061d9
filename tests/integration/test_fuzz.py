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

from inference.tasks import all_tasks
from tests.integration.fuzz import bodies

if TYPE_CHECKING:
    from inference.task import Task
    from tests.integration.conftest import Served

TASKS = all_tasks()
REQUESTS = int(os.environ.get("HUBLET_FUZZ", "200"))
DOCUMENTED = (200, 400, 422)


@pytest.mark.timeout(max(300, REQUESTS))
@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_any_json_is_answered_or_refused_by_name(served: Served, task: Task) -> None:
    url = f"{served.url}{task.function_name}/"
    strategy = bodies(task)
    seen: dict[int, int] = {}
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
            reply = client.post(
                url,
                content=json.dumps(body).encode(),
                headers={"content-type": "application/json", "accept": "application/json"},
            )
            seen[reply.status_code] = seen.get(reply.status_code, 0) + 1
            assert reply.status_code in DOCUMENTED, (reply.status_code, reply.text, body)
            if reply.status_code == 422:
                error = reply.json()["error"]
                assert ": " in error, error
                assert "/mnt" not in error

        send()
    assert seen.get(200, 0) >= REQUESTS // 40, seen  # the valid ones are there
    assert seen.get(422, 0) >= REQUESTS // 40, seen
    assert client.is_closed
    reply = httpx2.post(
        url, json=dict(task.examples[0].body), headers={"accept": "application/json"}, timeout=60
    )
    assert reply.status_code == 200


@settings(max_examples=20, deadline=None, derandomize=True)
@given(text=st.text(max_size=200))
def test_any_body_at_all_is_no_server_error(served: Served, text: str) -> None:
    content = text.encode("utf-8", "surrogatepass")
    assert httpx2.post(f"{served.url}sentiment/", content=content).status_code in (400, 415, 422)
