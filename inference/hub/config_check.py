"""What a model's ``config.json`` asks for that is not served, said before its weights are fetched."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.errors import ModelUnavailable, printable
from inference.jobs.refused import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

PACKED = {
    "awq": "AWQ, 4 bits",
    "bitnet": "BitNet",
    "bitsandbytes": "bitsandbytes",
    "compressed-tensors": "compressed-tensors",
    "fp8": "FP8",
    "gptq": "GPTQ",
    "mxfp4": "MXFP4",
}
"""``quant_method`` in a config -> its name; all of them want a GPU or a library of their own."""


def check(path: Path) -> None:
    """Raise :class:`Refused` for weights that are packed, and for architectures of a repository's own code.

    A config that cannot be read is left to the conversion, which says so.
    """
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    if isinstance(config, dict) and (told := _fault(config)):
        raise Refused(ModelUnavailable(told))


def _fault(config: Mapping[str, Any]) -> str | None:
    packing = config.get("quantization_config")
    if isinstance(packing, dict):
        method = str(packing.get("quant_method", "an unknown method"))
        name = PACKED.get(method, printable(method))
        return (
            f"the repository's weights are packed ({name}), which is not read here; "
            "choose the repository that it was made from: precision=auto makes it small here"
        )
    model_type = str(config.get("model_type", ""))
    if not model_type and "pretrained_cfg" in config:
        return "the repository is of the library timm; choose an image model that transformers has"
    if config.get("auto_map") and not _is_known(model_type):
        return (
            f"the architecture {printable(model_type)!r} is code in the repository (auto_map), which is "
            "never run here; choose a model whose architecture transformers has"
        )
    return None


def _is_known(model_type: str) -> bool:
    """Whether transformers has the architecture, by its folders: this process imports no such library.

    A part of a model, such as ``gemma3_text``, stands in the folder of the whole.
    """
    found = find_spec("transformers")
    if found is None or not found.submodule_search_locations:
        return True
    models = Path(found.submodule_search_locations[0], "models")
    words = re.sub(r"\W", "_", model_type, flags=re.ASCII).split("_")
    return any((models / "_".join(words[:count])).is_dir() for count in range(1, len(words) + 1) if words[0])
