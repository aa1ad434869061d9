"""``python -m inference.convert.genai.builder``: the library's own builder, which ends with its parent."""

from __future__ import annotations

import runpy
from typing import Any

from inference.jobs.walls import end_with_parent

LAYER_KINDS = {"full_attention", "sliding_attention"}


def flatten_rope(config: Any) -> Any:
    """Gemma 3's rotary parameters under the names that builder 0.18 reads.

    transformers 5 keeps a set for each kind of layer. The builder asks for one, and for the base of local
    layers.
    """
    parameters = getattr(config, "rope_parameters", None)
    if isinstance(parameters, dict) and parameters.keys() == LAYER_KINDS:
        config.rope_local_base_freq = parameters["sliding_attention"]["rope_theta"]
        config.rope_parameters = dict(parameters["full_attention"])
        config.rope_theta = config.rope_parameters["rope_theta"]
    return config


def main() -> None:
    """Run the builder on the arguments of this process."""
    from transformers import AutoConfig

    read = AutoConfig.from_pretrained
    AutoConfig.from_pretrained = lambda *args, **given: flatten_rope(read(*args, **given))  # type: ignore[method-assign]
    runpy.run_module("onnxruntime_genai.models.builder", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    end_with_parent()
    main()
