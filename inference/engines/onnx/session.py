"""A graph that ONNX Runtime runs: one input on all threads, or a list with an input on each thread.

A short text leaves most of a second thread idle, so a list is faster with one thread for each text. Texts
are not put into batches: the scales of dynamic int8 span a batch, and padding costs more than batches save.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Inputs = dict[str, NDArray[Any]]
    Outputs = list[NDArray[np.float32]]

T = TypeVar("T")

READ_AHEAD_BYTES = 1 << 20
TOKENS_NDIM = 2
"""Of token ids, (1, tokens). Pictures have one size, so their runs all take the same memory."""
FEWEST = 3
"""Inputs of a list that is worth the threads; with fewer, loading them takes longer than they save."""
SHRINKS_FROM = 32
"""Tokens of a run after which the arena is given back: it would keep what the longest text ever took.

Measured with MiniLM: 82 MB after one text of 512 tokens. Giving back takes 1 to 4% of a run.
"""
MOST_WEIGHT_BYTES = 128 * 1024 * 1024
"""A second session holds a copy of the weights, so larger models keep to one."""


class Session:
    """A loaded graph. One call at a time; the caller sees to that."""

    def __init__(
        self,
        path: Path,
        threads: int,
        *,
        runs_lists_in_parallel: bool = False,
        folds_constants: bool = True,
        frees_memory: bool = False,
    ) -> None:
        """``runs_lists_in_parallel``: whether one thread is known to answer as all of them do.

        ``folds_constants``: whether what follows from weights alone is computed once, and kept.
        ``frees_memory``: whether what a run took goes back to the system after it.
        """
        self._path = path
        self._threads = threads
        self._is_parallel = runs_lists_in_parallel and threads > 1 and is_small(path)
        self._on_one: Callable[[Inputs], Outputs] | None = None
        _read_ahead(data_of(path))
        self._run = _open(path, threads, folds_constants=folds_constants, frees_memory=frees_memory)

    def __call__(self, inputs: Inputs) -> Outputs:
        """Named inputs -> the outputs, in the graph's order; other inputs are dropped."""
        return self._run(inputs)

    def map(self, inputs: Sequence[Inputs], take: Callable[[int, Outputs], T]) -> list[T]:
        """``take(index, outputs)`` of every input, in order, the same bytes as from one input alone.

        ``take`` is called as soon as an input was run, in any order, and from several threads. What it does
        not return is let go: outputs of a long list do not pile up.
        """
        if not self._is_parallel or len(inputs) < FEWEST:
            return [take(index, self._run(each)) for index, each in enumerate(inputs)]
        if self._on_one is None:  # with the first list: who sends none pays no memory for it
            self._on_one = _open(self._path, 1)
        run = self._on_one
        return _in_threads(self._threads, _longest_first(inputs), lambda i: take(i, run(inputs[i])))


def is_small(path: Path) -> bool:
    """Whether a second session of a graph is worth its memory."""
    data = data_of(path)
    return (data if data.exists() else path).stat().st_size <= MOST_WEIGHT_BYTES


def data_of(graph: Path) -> Path:
    """Where a graph's weights stand if they stand apart; the same name as torch's export gives them."""
    return graph.with_name(f"{graph.name}.data")


def _longest_first(inputs: Sequence[Inputs]) -> list[int]:
    """So that no thread begins a long one when the others have nothing left; by indexes."""
    return sorted(range(len(inputs)), key=lambda i: -max(each.size for each in inputs[i].values()))


def _in_threads(threads: int, order: Sequence[int], job: Callable[[int], T]) -> list[T]:
    """``job`` of every index of ``order``, at its place; the first error ends the work and is raised."""
    done: list[Any] = [None] * len(order)
    errors: list[BaseException] = []
    left: Iterator[int] = iter(order)
    lock = threading.Lock()

    def work() -> None:
        while not errors:
            with lock:
                index = next(left, None)
            if index is None:
                return
            try:
                done[index] = job(index)
            except BaseException as error:
                errors.append(error)

    # Daemons, like the engine's own thread: a process that has to end waits for none.
    others = [
        threading.Thread(target=work, name="list", daemon=True) for _ in range(min(threads, len(order)) - 1)
    ]
    for thread in others:
        thread.start()
    work()
    for thread in others:
        thread.join()
    if errors:
        raise errors[0]
    return done


def _open(
    path: Path, threads: int, *, folds_constants: bool = True, frees_memory: bool = False
) -> Callable[[Inputs], Outputs]:
    """A session of ONNX Runtime; with one thread, several callers may run it at once."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    # Threads spin between the steps of one run, which is faster, and stop with it: what they would burn
    # after it is the CPU share that the reply needs.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    # A plan of memory is kept for each length of text: lists have many lengths (measured: 12 MB with MiniLM).
    options.enable_mem_pattern = threads > 1
    if not folds_constants:  # the last level folds them all the same
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    loaded = ort.InferenceSession(
        str(path),
        options,
        providers=["CPUExecutionProvider"],
        disabled_optimizers=None if folds_constants else ["ConstantFolding"],
    )
    names = [item.name for item in loaded.get_inputs()]
    shrinking = ort.RunOptions()
    shrinking.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")

    def run(inputs: Inputs) -> Outputs:
        shrinks = frees_memory or any(
            each.ndim == TOKENS_NDIM and each.size > SHRINKS_FROM for each in inputs.values()
        )
        chosen = {name: inputs[name] for name in names}
        outputs: Outputs = loaded.run(None, chosen, shrinking if shrinks else None)
        return outputs

    return run


def _read_ahead(path: Path) -> None:
    """Bring a file into the page cache, in order: the session maps it, and would fetch it page by page."""
    buffer = bytearray(READ_AHEAD_BYTES)
    with contextlib.suppress(FileNotFoundError), path.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass
