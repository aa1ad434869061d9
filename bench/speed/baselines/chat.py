"""onnxruntime-genai, called token by token."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import onnxruntime_genai as og
from tokenizers import Tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def load(folder: Path, threads: int) -> Callable[[Any], Any]:
    """Answers one prompt by greedy search, with as many tokens as the repository asks for."""
    new_tokens = json.loads((folder / "generation_config.json").read_text())["max_new_tokens"]
    generate = load_generator(folder, threads)
    return lambda inputs: generate(inputs, new_tokens)[0]


def load_generator(folder: Path, threads: int) -> Callable[[str, int], tuple[str, list[float]]]:
    """A function from a prompt and a number of tokens to the text, and the seconds until each token."""
    config = og.Config(str(folder))
    session = {"intra_op_num_threads": threads}
    config.overlay(json.dumps({"model": {"decoder": {"session_options": session}}}))
    model = og.Model(config)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))

    def generate(inputs: str, new_tokens: int) -> tuple[str, list[float]]:
        started_s = time.perf_counter()
        ids = tokenizer.encode(inputs).ids
        options = og.GeneratorParams(model)
        length = len(ids) + new_tokens
        options.set_search_options(max_length=length, min_length=length, do_sample=False)
        generator = og.Generator(model, options)
        generator.append_tokens(ids)
        made, times_s = [], []
        for _ in range(new_tokens):
            generator.generate_next_token()
            made.append(int(generator.get_next_tokens()[0]))
            times_s.append(time.perf_counter() - started_s)
        return str(tokenizer.decode(made)), times_s

    return generate
