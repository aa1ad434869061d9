"""How a model's lists are run: measured on what the proof ran, and only where no bit of an answer changes."""

from __future__ import annotations

import time
from hashlib import sha256
from typing import TYPE_CHECKING

from inference.convert.limits import is_out_of_memory
from inference.engines.onnx.engine import PARALLEL, SERIAL
from inference.engines.onnx.session import Session, is_small

if TYPE_CHECKING:
    from pathlib import Path

    from inference.engines.onnx.session import Inputs, Outputs

SEVERAL_THREADS = 2
"""An artifact that is made with one thread may be served with several."""
SAMPLE = 32
"""Inputs that are run again on several threads where the proof had one."""
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
        self._alone_s = 0.0

    def __call__(self, inputs: Inputs) -> Outputs:
        """Run one input on all threads."""
        started_s = time.perf_counter()
        outputs = self._session(inputs)
        self._alone_s += time.perf_counter() - started_s
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
        started_s = time.perf_counter()
        hashes = self._session.map(self._inputs, lambda _, outputs: hash_of(outputs))
        parallel_s = time.perf_counter() - started_s
        return hashes == self._hashes and parallel_s < WORTH * self._alone_s

    def _is_same_on_several(self) -> bool:
        """One thread cannot tell what is faster on two; mostly it is one input on each."""
        several = Session(self._path, SEVERAL_THREADS)
        some = range(0, len(self._inputs), max(1, len(self._inputs) // SAMPLE))
        return all(hash_of(several(self._inputs[index])) == self._hashes[index] for index in some)


def hash_of(outputs: Outputs) -> str:
    """Of all bytes of the outputs of one input."""
    digest = sha256()
    for each in outputs:
        digest.update(each.tobytes())
    return digest.hexdigest()
