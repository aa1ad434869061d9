"""What a config asks for and is not served is said before weights are fetched."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from inference.hub import config_check
from inference.jobs.refused import Refused

if TYPE_CHECKING:
    from pathlib import Path


def written(folder: Path, config: Any) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    return path


@pytest.mark.parametrize(
    ("packing", "name"),
    [
        ({"quant_method": "gptq", "bits": 4}, "GPTQ"),
        ({"quant_method": "fp8"}, "FP8"),
        ({"quant_method": "new\nline"}, "packed"),
        ({}, "an unknown method"),
    ],
)
def test_packed_weights_are_refused_by_name(tmp_path: Path, packing: dict[str, Any], name: str) -> None:
    path = written(tmp_path, {"model_type": "qwen2", "quantization_config": packing})
    with pytest.raises(Refused, match=name) as refused:
        config_check.check(path)
    assert "\n" not in str(refused.value)


def test_only_code_for_an_architecture_that_transformers_lacks_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    code = {"AutoConfig": "modeling.Config"}
    config_check.check(written(tmp_path, {"model_type": "phi3", "auto_map": code}))
    with pytest.raises(Refused, match="'openelm' is code in the repository"):
        config_check.check(written(tmp_path, {"model_type": "openelm", "auto_map": code}))


def test_a_repository_of_timm_is_named(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="of the library timm"):
        config_check.check(written(tmp_path, {"architecture": "resnet18", "pretrained_cfg": {}}))


@pytest.mark.parametrize("config", [{}, [], "text", {"model_type": "bert"}])
def test_all_else_is_left_to_the_conversion(tmp_path: Path, config: Any) -> None:
    config_check.check(written(tmp_path, config))
