"""Our graphs in ONNX Runtime, one step of Euler written out: what no serving could do without."""

from __future__ import annotations

import base64
import io
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from tokenizers import Tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SEED = 7


def load(folder: Path, threads: int) -> Callable[[Any], Any]:
    """Paints a text's picture in one step."""
    import onnxruntime as ort

    facts = json.loads((folder / "pipeline.json").read_text())
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(facts["tokens"])
    padding = facts["padding"]
    tokenizer.enable_padding(
        length=facts["tokens"], pad_id=tokenizer.token_to_id(padding) or 0, pad_token=padding
    )
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    encoder, unet, decoder = (
        ort.InferenceSession(
            str(folder / f"{name}.onnx"),
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=[] if name == "decoder" else ["ConstantFolding"],
        )
        for name in ("text_encoder", "unet", "decoder")
    )
    signal, last = facts["signal"], len(facts["signal"]) - 1
    sigma = math.sqrt((1 - signal[last]) / signal[last])
    side = facts["side"] // facts["scale"]

    def one(prompt: str) -> str:
        random = np.random.default_rng(SEED)
        latents = (random.standard_normal((1, facts["channels"], side, side)) * sigma).astype(np.float32)
        ids = np.array([tokenizer.encode(prompt).ids], np.int64)
        (text,) = encoder.run(None, {"input_ids": ids})
        inputs = {"sample": latents / np.float32(math.sqrt(sigma**2 + 1)), "text": text}
        (noise,) = unet.run(None, {**inputs, "timestep": np.array([last], np.float32)})
        (pixels,) = decoder.run(None, {"latents": latents - np.float32(sigma) * noise})
        colours = ((pixels[0].transpose(1, 2, 0) + 1) * 127.5).round().clip(0, 255).astype(np.uint8)
        file = io.BytesIO()
        Image.fromarray(colours).save(file, "PNG")
        return base64.b64encode(file.getvalue()).decode()

    return one
