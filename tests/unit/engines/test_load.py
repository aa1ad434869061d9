"""The engine of an artifact, or what to do where this image does not have it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from inference.engines import load
from inference.errors import ModelUnavailable
from inference.serve import Service
from inference.settings import Settings
from inference.task_kinds import head_of
from inference.tasks import get_task
from tests.support.artifacts import put_artifact
from tests.support.context import FakeContext

if TYPE_CHECKING:
    from pathlib import Path

TASK = get_task("spam")


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    """A function of the image without torch, with a model on the cache that torch has to run."""
    monkeypatch.setattr(load, "_has_torch", lambda: False)
    put_artifact(tmp_path, TASK.model, head_of(TASK.pipeline_tag))
    return Service(TASK, Settings.from_env({"TASK": TASK.name, "MODEL_CACHE": str(tmp_path)}))


def test_a_model_that_runs_on_torch_names_the_image_that_has_it(service: Service) -> None:
    for _ in range(2):
        with pytest.raises(ModelUnavailable) as caught:
            service({"inputs": "A text."}, FakeContext())
        assert caught.value.status == 424
        assert str(caught.value) == (
            "this model needs the full image, because only transformers serves it; set <task>.image=full"
        )


def test_the_init_phase_says_so_in_one_line(
    service: Service, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    logger = logging.getLogger(TASK.function_name)
    logger.addHandler(caplog.handler)
    try:
        service.start()
    finally:
        logger.removeHandler(caplog.handler)
    told = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len({record.getMessage() for record in told}) == 1
    for record in told:  # one, or the same again where the root logger hears it too
        assert record.exc_info is None
        assert "<task>.image=full" in str(vars(record))
        assert str(tmp_path) not in str(vars(record))
