"""A generation artifact against fp32 torch, teacher-forced: both name each next token of the same texts."""

from __future__ import annotations

import json
import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from inference.convert import long_inputs
from inference.convert.recipe import Drift

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Judgement = tuple[NDArray[np.int64], NDArray[np.float64]]

AGREEMENT = 0.97
"""At least this part of the positions keeps its most likely next token.

Measured with SmolLM2-135M: the int8 variants keep 95 to 97% and answer "What is the capital of France?" with
other words than fp32, which says Paris.
"""
PERPLEXITY_RATIO = 1.05
"""At most this much more perplexed than fp32 by the texts' own next tokens."""
TEXT_TOKENS = 128
TOTAL_TOKENS = 4096
"""Positions compared: agreement is known to a third of a percent then, for a few seconds a variant."""
GRAPH = "model.onnx"
PROOF_GRAPH = "proof.onnx"


class GenerationProof:
    """Holds the reference's answers, so that torch can be let go before variants are built.

    Its last text is a long one, of which the end is compared.
    """

    def __init__(self, reference: Any, tokenizer: Any, inputs: Sequence[Any], context: int) -> None:
        self._texts = choose_texts(tokenizer, inputs, min(TEXT_TOKENS, context))
        length = long_inputs.length_to_read(reference.config, context)
        self._long = long_inputs.long_text(self._texts, length)
        self._expected = [judge(_torch_logits(reference, ids), ids) for ids in self._all]

    @property
    def _all(self) -> list[list[int]]:
        return [*self._texts, self._long]

    def measure(self, folder: Path, threads: int, *, in_full: bool = True) -> Drift:
        """The drift of the variant in ``folder``, which has the builder's pruned graph.

        Unless measured in full, a variant is given up at the text that puts agreement out of its reach.
        """
        found = list(self._judged(folder, threads, in_full))
        short = len(self._texts)
        agreement, ratio = _compared(self._expected[:short], found[:short])
        figures = {
            "texts": float(len(found)),
            "tokens": float(sum(len(best) for best, _ in found)),
            "next_token_agreement": round(agreement, 5),
            "perplexity_ratio": round(ratio, 5),
        }
        within = agreement >= AGREEMENT and ratio <= PERPLEXITY_RATIO
        if len(found) <= short:
            return Drift(figures, within_budget=False)
        agreement, ratio = _compared(self._expected[short:], found[short:])
        figures["long_input_tokens"] = float(len(self._long))
        figures["long_input_agreement"] = round(agreement, 5)
        return Drift(figures, within and agreement >= long_inputs.AGREEMENT and ratio <= PERPLEXITY_RATIO)

    def _judged(self, folder: Path, threads: int, in_full: bool) -> Iterator[Judgement]:
        """The variant's judgement of the texts, one after the other."""
        positions = sum(len(best) for best, _ in self._expected[:-1])
        allowed = (1 - AGREEMENT) * positions
        with _unpruned(folder, threads) as logits:
            for ids, (best, _) in zip(self._all, self._expected, strict=True):
                found = judge(logits(ids), ids)
                yield found
                allowed -= int((found[0] != best).sum())
                if allowed < 0 and not in_full:
                    return


def choose_texts(tokenizer: Any, inputs: Sequence[Any], longest: int = TEXT_TOKENS) -> list[list[int]]:
    """Token ids of inputs from all over the list, so that a limit on tokens leaves no kind of text out."""
    order = [index for offset in range(4) for index in range(offset, len(inputs), 4)]
    chosen: list[list[int]] = []
    total = 0
    for index in order:
        ids = _ids(tokenizer, inputs[index])[:longest]
        if len(ids) > 1 and total < TOTAL_TOKENS:
            chosen.append(ids)
            total += len(ids) - 1
    return chosen


def judge(logits: NDArray[np.float32], ids: list[int]) -> Judgement:
    """For each position but the last: the best next token, and the log-probability of the one that comes.

    ``logits`` has the shape (tokens, vocabulary), and may begin later than the text.
    """
    import numpy as np

    ids = ids[-len(logits) :]

    scores = logits[:-1].astype(np.float64)
    top = scores.max(-1)
    total = top + np.log(np.exp(scores - top[:, None]).sum(-1))
    return scores.argmax(-1), scores[np.arange(len(scores)), ids[1:]] - total


def _compared(expected: list[Judgement], found: list[Judgement]) -> tuple[float, float]:
    """How often the best next token is the same, and the ratio of perplexities."""
    import numpy as np

    pairs = zip(expected, found, strict=False)  # a variant that is given up says nothing of the rest
    agreed, lost = zip(*((one[0] == other[0], one[1] - other[1]) for one, other in pairs), strict=True)
    loss = float(np.concatenate(lost).mean())
    return float(np.concatenate(agreed).mean()), math.exp(min(50.0, loss))


def _ids(tokenizer: Any, prompt: Any) -> list[int]:
    if isinstance(prompt, str):
        return list(tokenizer(prompt)["input_ids"])
    if not tokenizer.chat_template:
        return []
    text = tokenizer.apply_chat_template(prompt, add_generation_prompt=True, tokenize=False)
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def _torch_logits(model: Any, ids: list[int]) -> NDArray[np.float32]:
    import torch

    with torch.inference_mode():
        given = {"use_cache": False, "logits_to_keep": long_inputs.TAIL}
        logits: NDArray[np.float32] = model(torch.tensor([ids]), **given).logits[0].numpy()
    return logits


@contextmanager
def _unpruned(folder: Path, threads: int) -> Iterator[Callable[[list[int]], NDArray[np.float32]]]:
    """The graph as it is served, except that it shows the scores of the last positions."""
    unprune(folder / GRAPH, folder / PROOF_GRAPH)
    try:
        decoder = json.loads((folder / "genai_config.json").read_text())["model"]["decoder"]
        yield _session(folder / PROOF_GRAPH, decoder["head_size"], threads)
    finally:
        (folder / PROOF_GRAPH).unlink()


def unprune(graph: Path, target: Path) -> None:
    """A copy that computes scores for the last positions, beside the original and on the same weights file.

    The builder's ``prune_lm_head`` puts Gather(-1) and Unsqueeze before the last matrix, which saves a long
    prompt from making (tokens x vocabulary) scores that nobody reads: 1.6 GB for 8,192 tokens of SmolLM2.
    """
    import numpy as np
    import onnx

    model = onnx.load(str(graph), load_external_data=False)
    nodes = {node.name: node for node in model.graph.node}
    gather, unsqueeze = nodes["/lm_head/prune/Gather"], nodes["/lm_head/prune/Unsqueeze"]
    bounds = {"begin": [-long_inputs.TAIL], "end": [np.iinfo(np.int64).max], "axis": [1]}
    for name, value in bounds.items():
        model.graph.initializer.append(
            onnx.numpy_helper.from_array(np.array(value, np.int64), f"tail_{name}")
        )
    inputs = [gather.input[0], *(f"tail_{name}" for name in bounds)]
    place = list(model.graph.node).index(gather)
    model.graph.node.insert(place, onnx.helper.make_node("Slice", inputs, [unsqueeze.output[0]], "tail"))
    model.graph.node.remove(gather)
    model.graph.node.remove(unsqueeze)
    for output in model.graph.output:
        if output.name == "logits":
            output.type.tensor_type.shape.dim[1].dim_param = "tail_length"
    del model.graph.value_info[:]
    onnx.save(model, str(target))


def _session(path: Path, head_size: int, threads: int) -> Callable[[list[int]], NDArray[np.float32]]:
    """A function from token ids to logits of shape (tokens, vocabulary)."""
    import numpy as np
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    inputs = {item.name: item.shape for item in session.get_inputs()}

    def run(ids: list[int]) -> NDArray[np.float32]:
        feed: dict[str, Any] = {
            "input_ids": np.array([ids], np.int64),
            "attention_mask": np.ones((1, len(ids)), np.int64),
            "position_ids": np.arange(len(ids), dtype=np.int64)[None],
        }
        feed = {name: np.zeros(_empty(shape, head_size), np.float32) for name, shape in inputs.items()} | feed
        logits: NDArray[np.float32] = session.run(["logits"], {name: feed[name] for name in inputs})[0][0]
        return logits

    return run


def _empty(shape: Sequence[int | str], head_size: int) -> list[int]:
    """The shape of a cache that holds nothing yet: graphs name some dimensions in place of their sizes."""
    named = {"batch_size": 1, "past_sequence_length": 0}
    return [size if isinstance(size, int) else named.get(size, head_size) for size in shape]
