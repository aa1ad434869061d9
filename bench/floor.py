"""The floor: load our artifact with the same engine, answer, and do nothing else. Prints figures as JSON.

``python -m bench.floor ARTIFACT THREADS TEXT CALLS``
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer


def main() -> None:
    folder, threads, text, calls = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    session = ort.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    names = [item.name for item in session.get_inputs()]

    def answer() -> None:
        encoding = tokenizer.encode(text)
        given = {"input_ids": encoding.ids, "attention_mask": encoding.attention_mask}
        given["token_type_ids"] = encoding.type_ids
        session.run(None, {name: np.array([given[name]], dtype=np.int64) for name in names})

    answer()
    print("answered", flush=True)
    times_s = []
    for _ in range(calls):
        started_s = time.perf_counter()
        answer()
        times_s.append(time.perf_counter() - started_s)
    print(json.dumps(times_s))


if __name__ == "__main__":
    main()
