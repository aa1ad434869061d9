"""``python -m tests.support.ready_answers CACHE ANSWERS``: each function's first example, from ready models.

Reads the functions' variables from the standard input, and writes each answer, or what an error says.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from inference.errors import HubletError
from inference.serve import Service
from inference.settings import Settings
from inference.tasks import get_task
from tests.support.context import FakeContext


def main(cache: str, answers: str) -> None:
    """One function after the other; a model that is not ready would be asked for in a bucket."""
    found = {
        name: _answer(name, {**variables, "MODEL_CACHE": cache, "BUCKET": "models"})
        for name, variables in json.load(sys.stdin).items()
    }
    Path(answers).write_text(json.dumps(found))


def _answer(name: str, variables: dict[str, str]) -> Any:
    task = get_task(name)
    service = Service(task, Settings.from_env({**variables, "TASK": name}))
    service.start()
    try:
        return service(dict(task.examples[0].body), FakeContext())
    except HubletError as error:
        return {"error": error.message}


if __name__ == "__main__":
    main(*sys.argv[1:])
