"""Which of the longest tests are part of ``make test``: a few of each kind, the same on every machine."""

from __future__ import annotations

import os
import random
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

IS_ALL = os.environ.get("HUBLET_TESTS") == "all"
"""``make test-all`` and ``make retest``: nothing is left out. Nor is it where somebody names a file."""
SEED = 20


def left_out(items: Sequence[pytest.Item]) -> set[pytest.Item]:
    """What is marked ``long``, and of what is ``sliced`` all but so many as its mark says."""
    families = defaultdict(list)
    for item in items:
        mark = item.get_closest_marker("sliced")
        if mark:
            families[item.nodeid.partition("[")[0], mark.args[0]].append(item)
    left = {item for item in items if item.get_closest_marker("long")}
    for (_, most), family in families.items():
        family.sort(key=_parameters)
        # By the parameters alone: where a test takes up what another one left, both are drawn for the same.
        random.Random(f"{SEED} {[_parameters(item) for item in family]}").shuffle(family)
        left.update(family[most:])
    return left


def _parameters(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[2]
