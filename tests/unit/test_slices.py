"""What ``make test`` leaves out is a part of each kind, never a kind."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tests.support.slices import left_out


class Item:
    """As pytest's: a name and its marks."""

    def __init__(self, nodeid: str, **marks: tuple[int, ...]) -> None:
        self.nodeid = nodeid
        self._marks = marks

    def get_closest_marker(self, name: str) -> SimpleNamespace | None:
        return SimpleNamespace(args=self._marks[name]) if name in self._marks else None


def names(items: list[Any]) -> set[str]:
    return {item.nodeid for item in left_out(items)}


def test_of_a_family_so_many_stay_and_always_the_same() -> None:
    family = [Item(f"a.py::test_x[{number}]", sliced=(2,)) for number in range(9)]
    left = names(family)
    assert len(left) == 7
    assert names(family[::-1]) == left


def test_each_family_keeps_its_own() -> None:
    items = [
        Item(f"{file}.py::test_{name}[{number}]", sliced=(1,))
        for file in "ab"
        for name in "xy"
        for number in range(3)
    ]
    kept = {item.nodeid for item in items} - names(items)
    assert {name.partition("[")[0] for name in kept} == {
        "a.py::test_x",
        "a.py::test_y",
        "b.py::test_x",
        "b.py::test_y",
    }
    assert len(kept) == 4


def test_two_tests_with_the_same_parameters_are_drawn_for_the_same() -> None:
    items = [
        Item(f"a.py::test_{name}[{task}]", sliced=(2,)) for name in "xy" for task in ("a", "b", "c", "d")
    ]
    left = names(items)
    kept = [item.nodeid.partition("[")[2] for item in items if item.nodeid not in left]
    assert kept[:2] == kept[2:]


def test_what_is_long_is_left_out_and_the_rest_is_not() -> None:
    assert names([Item("a.py::test_x", long=()), Item("a.py::test_y"), Item("a.py::test_z[1]")]) == {
        "a.py::test_x"
    }
