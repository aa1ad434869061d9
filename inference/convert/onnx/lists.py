"""How a model's lists are run: measured on what the proof ran, and only where no bit of an answer changes."""

from __future__ import annotations

import time
from hashlib import sha256
from typing import TYPE_CHECKING

from inference.convert.limits import is_out_of_memory
from inference.engines.onnx.engine import PARALLEL, SERIAL
from inference.engines.onnx.session import Session, is_small

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from inference.engines.onnx.session import Inputs, Outputs

SEVERAL_THREADS = 2
"""An artifact that is made with one thread may be served with several."""
SAMPLE = 32
"""Inputs that are run again, to measure them or to run them on several threads where the proof had one."""
ROUNDS = 3
"""Both ways take turns so often; the fastest counts, as whatever else runs only adds time."""
WORTH = 0.95
"""Of the time that all threads need for one input after the other: a list in parallel must take less."""


class RecordedSession:
    """A session whose inputs are kept, with a hash of the outputs that each has alone."""

    def __init__(self, path: Path, threads: int) -> None:
        self._path = path
        self._threads = threads
        self._session = Session(path, threads, runs_lists_in_parallel=True)
        self._inputs: list[Inputs] = []
        self._hashes: list[str] = []

    def __call__(self, inputs: Inputs) -> Outputs:
        """Run one input on all threads."""
        outputs = self._session(inputs)
        if is_small(self._path):
            self._inputs.append(inputs)
            self._hashes.append(hash_of(outputs))
        return outputs

    def choose(self) -> str:
        """``parallel`` where that is faster, and every output is the same as alone, bit for bit."""
        if not self._inputs:
            return SERIAL
        try:
            is_chosen = self._is_same_on_several() if self._threads == 1 else self._is_faster()
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            return SERIAL  # the model itself has room: lists just do without a second session
        return PARALLEL if is_chosen else SERIAL

    def _is_faster(self) -> bool:
        # This opens the second session too, which a function pays for once, and not with each list.
        if self._session.map(self._inputs, lambda _, outputs: hash_of(outputs)) != self._hashes:
            return False
        some = self._some()
        one_by_one_s, together_s = [], []
        for _ in range(ROUNDS):
            one_by_one_s.append(seconds(lambda: [self._session(each) for each in some]))
            together_s.append(seconds(lambda: self._session.map(some, lambda *_: None)))
        return min(together_s) < WORTH * min(one_by_one_s)

    def _is_same_on_several(self) -> bool:
        """One thread cannot tell what is faster on two; mostly it is one input on each."""
        several = Session(self._path, SEVERAL_THREADS)
        hashes = self._hashes[:: self._step]
        return [hash_of(several(each)) for each in self._some()] == hashes

    @property
    def _step(self) -> int:
        return max(1, len(self._inputs) // SAMPLE)

    def _some(self) -> list[Inputs]:
        """Inputs from all over the proof."""
        return self._inputs[:: self._step]


def seconds(run: Callable[[], object]) -> float:
    """What a run takes."""
    started_s = time.perf_counter()
    run()
    return time.perf_counter() - started_s


def hash_of(outputs: Outputs) -> str:
    """Of all bytes of the outputs of one input."""
    digest = sha256()
    for each in outputs:
        digest.update(each.tobytes())
    return digest.hexdigest()
