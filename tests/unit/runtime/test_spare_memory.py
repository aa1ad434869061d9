"""Memory is given back once a request made the process grow, and not after every call."""

from __future__ import annotations

from inference.runtime.spare_memory import GROWN_BYTES, SpareMemory

MEGABYTE = 1_000_000


def test_it_gives_back_when_the_process_has_grown() -> None:
    resident = [100 * MEGABYTE]
    trimmed: list[int] = []

    def trim() -> None:
        trimmed.append(resident[0])
        resident[0] -= 5 * MEGABYTE

    spare = SpareMemory(lambda: resident[0], trim)
    spare.give_back()
    assert trimmed == [100 * MEGABYTE], "the first time, whatever the start left"
    resident[0] += GROWN_BYTES
    spare.give_back()
    assert len(trimmed) == 1, "no more than what is not worth it"
    resident[0] += 1
    spare.give_back()
    assert len(trimmed) == 2
    spare.give_back()
    assert len(trimmed) == 2, "what stays is what the process holds from now on"
