"""The pipeline of transformers in fp32 with its streamer, and when each piece came, without HTTP."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def load(folder: Path, threads: int) -> Callable[[Any], Any]:
    """``folder`` is the repository. Inputs are a ``prompt`` and ``tokens``; the answer is seconds."""
    import torch
    from transformers import TextIteratorStreamer, pipeline

    torch.set_num_threads(threads)
    pipe = pipeline("text-generation", model=str(folder), device="cpu", dtype=torch.float32)

    def generate(inputs: dict[str, Any]) -> list[float]:
        started_s = time.perf_counter()
        streamer = TextIteratorStreamer(pipe.tokenizer, skip_prompt=True)
        options = {"max_new_tokens": inputs["tokens"], "min_new_tokens": inputs["tokens"]}
        options |= {"do_sample": False, "streamer": streamer}
        worker = threading.Thread(target=pipe, args=(inputs["prompt"],), kwargs=options)
        worker.start()
        times_s = [time.perf_counter() - started_s for piece in streamer if piece]
        worker.join()
        return times_s

    return generate
