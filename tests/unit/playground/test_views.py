"""The menu: every function once, in the group of its kind."""

from __future__ import annotations

from inference.tasks import all_tasks
from playground import views
from playground.endpoints import Endpoint


def test_every_task_has_a_group_whether_its_kind_is_told_or_not() -> None:
    for told in (True, False):
        endpoints = [
            Endpoint(task.function_name, "u", "f", task=task.pipeline_tag if told else None)
            for task in all_tasks()
        ]
        found = views.groups(endpoints)
        assert list(found) == ["Text", "Conversation", "Search", "Pictures", "Sound", "Compare"]
        names = [view.name for group in found.values() for view in group]
        assert sorted(names) == sorted([*(each.name for each in endpoints), "compare", "precision"])


def test_a_function_of_an_unknown_kind_comes_after_the_others() -> None:
    found = views.groups([Endpoint("spam", "u", "f"), Endpoint("my-own", "u", "f", task="depth-estimation")])
    assert list(found) == ["Text", "More", "Compare"]
    assert views.menu(found).count("My own") == 2  # a link, and a choice of the narrow window's field
