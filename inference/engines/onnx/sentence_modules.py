"""What a sentence-transformers repository says about its vectors: window, prompt, pooling and what follows.

Read from ``modules.json`` and the files that it names. A repository without it gets mean pooling over the
model's own window, and vectors of whatever length come out.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.engines.text.tokenizer import read_json
from inference.errors import InvalidField, ModelUnavailable, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Layer = Callable[[NDArray[np.float64]], NDArray[np.float64]]

MODULES = "modules.json"
FILES = (
    MODULES,
    "config_sentence_transformers.json",
    "sentence_*_config.json",
    "[0-9]_*/config.json",
    "[0-9]_*/model.safetensors",
)
"""What an artifact keeps, as patterns below the repository's root."""
MODES = ("cls", "max", "mean", "mean_sqrt_len", "weightedmean", "lasttoken")
"""In the order in which several stand in one vector."""


@dataclass(frozen=True)
class Sentences:
    """From a model's token vectors to one vector."""

    max_tokens: int | None
    """Fewer tokens than the model itself could take, where the repository says so."""
    lowers_case: bool
    prompt: str
    """Stands before every text of a caller who names none."""
    prompts: Mapping[str, str]
    """By name, those that a caller may ask for instead."""
    modes: tuple[str, ...]
    layers: tuple[Layer, ...]
    """Run on the pooled vector, in this order."""
    is_normalized: bool

    def prompt_of(self, name: str | None) -> str:
        """What stands before a text; raises :class:`InvalidField` for a name that the repository lacks."""
        if name is None:
            return self.prompt
        if name not in self.prompts:
            known = ", ".join(map(printable, self.prompts)) or "none"
            problem = f"{printable(name)} is no prompt of this model; known: {known}"
            raise InvalidField("parameters.prompt_name", problem)
        return self.prompts[name]

    def pool(self, tokens: NDArray[np.float32]) -> NDArray[np.float64]:
        """Shape (tokens, size) -> (size of the result,), not normalized."""
        import numpy as np

        if not len(tokens):  # a table has nothing to say of a text without tokens it knows
            tokens = np.zeros((1, tokens.shape[1]), np.float32)
        vector = np.concatenate([_pool(tokens.astype(np.float64), mode) for mode in self.modes])
        for layer in self.layers:
            vector = layer(vector)
        return vector

    def size(self, width: int) -> int:
        """How many numbers a vector has, where hidden states have ``width``."""
        import numpy as np

        return len(self.pool(np.zeros((1, width), np.float32)))


def read_sentences(folder: Path) -> Sentences:
    """Raises :class:`ModelUnavailable` for a module that would change the vectors and is not known here."""
    modules: list[dict[str, Any]] = []
    if (folder / MODULES).exists():
        modules = json.loads((folder / MODULES).read_text(encoding="utf-8"))
    prompt, prompts = _prompts(read_json(folder / "config_sentence_transformers.json"))
    modes: tuple[str, ...] = ("mean",)
    layers: list[Layer] = []
    is_normalized = False
    for module in modules:
        kind, path = str(module.get("type")).rpartition(".")[2], str(module.get("path", ""))
        if kind == "Pooling" and not layers:
            pooling = read_json(_module(folder, path) / "config.json")
            modes = _modes(pooling)
            if pooling.get("include_prompt") is False:
                if prompt:
                    raise ModelUnavailable("its pooling leaves out the prompt, which is not known here")
                prompts = {}
        elif kind == "Dense":
            layers.append(_dense(_module(folder, path)))
        elif kind == "Normalize" and module is modules[-1]:
            is_normalized = True
        elif not (kind in ("Dropout", "StaticEmbedding") or (kind == "Transformer" and path == "")):
            raise ModelUnavailable(
                f"its vectors need the module {kind} in {MODULES}, which is not known here"
            )
    settings = next((read_json(path) for path in sorted(folder.glob("sentence_*_config.json"))), {})
    return Sentences(
        max_tokens=settings.get("max_seq_length"),
        lowers_case=bool(settings.get("do_lower_case")),
        prompt=prompt,
        prompts=prompts,
        modes=modes,
        layers=tuple(layers),
        is_normalized=is_normalized,
    )


def _module(folder: Path, path: str) -> Path:
    """A module's folder; a repository's word does not lead anywhere else."""
    if not re.fullmatch(r"[0-9]_\w+", path):
        raise ModelUnavailable(f"{MODULES} names a folder of an unusual name")
    return folder / path


def _modes(config: dict[str, Any]) -> tuple[str, ...]:
    """Both spellings: one flag a mode, or ``pooling_mode`` with one name or a list of them."""
    named = config.get("pooling_mode")
    if named is None:
        flags = [name for name, value in config.items() if name.startswith("pooling_mode_") and value]
        named = [re.sub("^pooling_mode_|_tokens?$", "", name) for name in flags]
    names = [named] if isinstance(named, str) else list(named)
    names = [name.replace("mean_sqrt_len_tokens", "mean_sqrt_len") for name in names]
    unknown = [name for name in names if name not in MODES]
    if unknown or not names:
        raise ModelUnavailable(f"its pooling is not known here: {', '.join(unknown) or 'none is named'}")
    return tuple(mode for mode in MODES if mode in names)


def _prompts(config: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """The default prompt, and all of them by name."""
    prompts = {str(name): str(text or "") for name, text in (config.get("prompts") or {}).items()}
    return prompts.get(str(config.get("default_prompt_name")), ""), prompts


def _pool(tokens: NDArray[np.float64], mode: str) -> NDArray[np.float64]:
    import numpy as np

    count = len(tokens)
    positions = np.arange(1, count + 1)
    vectors: dict[str, Callable[[], NDArray[np.float64]]] = {
        "cls": lambda: tokens[0],
        "max": lambda: tokens.max(0),
        "mean": lambda: tokens.mean(0),
        "mean_sqrt_len": lambda: tokens.sum(0) / np.sqrt(count),
        "weightedmean": lambda: positions @ tokens / positions.sum(),
        "lasttoken": lambda: tokens[-1],
    }
    return vectors[mode]()


def _dense(folder: Path) -> Layer:
    """A linear layer with or without a hyperbolic tangent after it."""
    import numpy as np
    from safetensors.numpy import load_file

    activation = str(read_json(folder / "config.json").get("activation_function")).rpartition(".")[2]
    if activation not in ("Tanh", "Identity"):
        raise ModelUnavailable(f"the activation {activation} of {folder.name} is not known here")
    try:
        weights = load_file(folder / "model.safetensors")
    except (OSError, TypeError, KeyError) as error:
        raise ModelUnavailable(f"{folder.name} has no safetensors weights that can be read") from error
    matrix = weights["linear.weight"].astype(np.float64)
    bias = weights["linear.bias"].astype(np.float64) if "linear.bias" in weights else 0.0

    def layer(vector: NDArray[np.float64]) -> NDArray[np.float64]:
        product = matrix @ vector + bias
        return np.tanh(product) if activation == "Tanh" else product

    return layer
