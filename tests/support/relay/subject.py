"""What is made in rounds of chaos: a small model that is served as it came, by a making without torch."""

from __future__ import annotations

from dataclasses import replace

from inference.prepare.spec import artifact_spec
from inference.relay.records import name_of
from inference.settings import Settings
from inference.task import Model
from inference.tasks import get_task
from tests.support.cluster.cluster import MODEL

TASK = replace(get_task("sentiment"), pipeline_tag="any-tag", model=Model(MODEL), alternatives=())
SPEC = artifact_spec(TASK, Settings.from_env({"TASK": "sentiment"}))
NAME = name_of(TASK.model, TASK.pipeline_tag, SPEC.precision)
