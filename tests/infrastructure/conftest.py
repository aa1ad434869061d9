"""Each template is synthesized once a session, whichever tests ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from inference.tasks import all_tasks
from tests.support.synthesized import MODES, Synth, Synthesized, synthesize

if TYPE_CHECKING:
    from inference.task import Task


@pytest.fixture(scope="session")
def synth(tmp_path_factory: pytest.TempPathFactory) -> Synth:
    """Synthesizes with these context keys, or returns what an earlier test got for the same ones."""
    done: dict[str, Synthesized] = {}

    def synthesize_once(**context: Any) -> Synthesized:
        key = repr(sorted(context.items()))
        if key not in done:
            done[key] = synthesize(tmp_path_factory.mktemp("cdk.out"), **context)
        return done[key]

    return synthesize_once


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    """Every egress mode with every auth mode."""
    return str(request.param)


@pytest.fixture
def stack(synth: Synth, mode: str) -> Synthesized:
    """The template of the mode."""
    return synth(**MODES[mode])


@pytest.fixture
def default_stack(synth: Synth) -> Synthesized:
    """What ``cdk deploy`` makes when nothing is chosen."""
    return synth(**MODES["relay-iam"])


@pytest.fixture(params=all_tasks(), ids=lambda task: task.name)
def task(request: pytest.FixtureRequest) -> Task:
    """Every task that a file declares."""
    found: Task = request.param
    return found
