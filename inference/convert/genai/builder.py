"""``python -m inference.convert.genai.builder``: the library's own builder, which ends with its parent.

Version 0.18 reads two families other than transformers 5.23 does; both are put right here, and proven after.
"""

from __future__ import annotations

import importlib
import runpy
from typing import Any

from inference.jobs.walls import end_with_parent

LAYER_KINDS = {"full_attention", "sliding_attention"}
MODULE = "onnxruntime_genai.models.builder"


def flatten_rope(config: Any) -> Any:
    """Gemma 3's rotary parameters under the names that the builder reads.

    transformers 5 keeps a set for each kind of layer. The builder asks for one, and for the base of local
    layers.
    """
    parameters = getattr(config, "rope_parameters", None)
    if isinstance(parameters, dict) and parameters.keys() == LAYER_KINDS:
        config.rope_local_base_freq = parameters["sliding_attention"]["rope_theta"]
        config.rope_parameters = dict(parameters["full_attention"])
        config.rope_theta = config.rope_parameters["rope_theta"]
    return config


def leave_rope_out(smollm3: Any) -> None:
    """Layers of SmolLM3 without rotary positions get none; the builder takes them out of one node only."""
    make_attention = smollm3.make_attention

    def make(self: Any, layer_id: int, attention: Any, root_input: str, **given: Any) -> None:
        self.attention_attrs["rope"] = bool(self.no_rope_layers[layer_id])
        make_attention(self, layer_id, attention, root_input, **given)
        self.attention_attrs["rope"] = True

    smollm3.make_attention = make


def main() -> None:
    """Run the builder on the arguments of this process."""
    from transformers import AutoConfig

    read = AutoConfig.from_pretrained
    AutoConfig.from_pretrained = lambda *args, **given: flatten_rope(read(*args, **given))
    importlib.import_module("onnxruntime_genai.models")  # it puts its folder on the path
    leave_rope_out(importlib.import_module("builders.smollm").SmolLM3Model)
    runpy.run_module(MODULE, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    end_with_parent()
    main()
