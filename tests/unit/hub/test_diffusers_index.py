"""A pipeline's index names what is loaded; nothing else in it is followed, and no other file is fetched."""

from __future__ import annotations

import json
from typing import Any

import pytest
from huggingface_hub.hf_api import RepoSibling

from inference.errors import ModelUnavailable
from inference.hub import diffusers_index
from inference.hub.file_selection import choose_files
from inference.jobs.refused import Refused

STABLE_DIFFUSION: dict[str, Any] = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.6.0",
    "feature_extractor": ["transformers", "CLIPImageProcessor"],
    "requires_safety_checker": True,
    "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
    "scheduler": ["diffusers", "PNDMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}
FILES = {
    "model_index.json": True,
    "README.md": False,
    "v1-5-pruned.safetensors": False,
    "scheduler/scheduler_config.json": True,
    "text_encoder/config.json": True,
    "text_encoder/model.safetensors": True,
    "text_encoder/model.fp16.safetensors": False,
    "text_encoder/pytorch_model.bin": False,
    "tokenizer/merges.txt": True,
    "tokenizer/vocab.json": True,
    "unet/config.json": True,
    "unet/diffusion_pytorch_model-00001-of-00002.safetensors": True,
    "unet/diffusion_pytorch_model-00002-of-00002.safetensors": True,
    "unet/diffusion_pytorch_model.safetensors.index.json": True,
    "unet/diffusion_pytorch_model.non_ema.safetensors": False,
    "unet/code.py": False,
    "vae/config.json": True,
    "vae/diffusion_pytorch_model.safetensors": True,
    "vae/onnx/model.safetensors": False,
    "safety_checker/model.safetensors": False,
    "scheduler/model.safetensors": False,
}
"""A file of a repository -> whether it is fetched."""


def siblings(names: list[str]) -> list[RepoSibling]:
    return [RepoSibling(name) for name in names]


def test_the_known_pipeline_is_taken() -> None:
    diffusers_index.check(json.dumps(STABLE_DIFFUSION))
    diffusers_index.check(json.dumps({**STABLE_DIFFUSION, "image_encoder": [None, None]}))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"_class_name": "StableDiffusionXLPipeline"}, "StableDiffusionXLPipeline"),
        ({"_class_name": ["my_pipeline", "Evil"]}, "Evil"),
        ({"unet": ["my_unet", "UNet2DConditionModel"]}, "my_unet.UNet2DConditionModel"),
        ({"unet": ["diffusers", "os"]}, "diffusers.os"),
        ({"unet": ["diffusers"]}, "unet"),
        ({"unet": [["diffusers"], {}]}, "unet"),
        ({"unet": None}, "unet"),
        ({"controlnet": ["diffusers", "ControlNetModel"]}, "controlnet"),
        ({"scheduler": ["transformers", "PNDMScheduler"]}, "transformers.PNDMScheduler"),
        ({"text_encoder": ["transformers", "CLIPTextModel", "x"]}, "text_encoder"),
    ],
)
def test_any_other_name_is_refused(change: dict[str, Any], named: str) -> None:
    with pytest.raises(diffusers_index.UnknownPipeline, match=named):
        diffusers_index.check(json.dumps(STABLE_DIFFUSION | change))


@pytest.mark.parametrize("part", sorted(diffusers_index.PARTS))
def test_a_missing_part_is_named(part: str) -> None:
    index = {name: value for name, value in STABLE_DIFFUSION.items() if name != part}
    with pytest.raises(diffusers_index.UnknownPipeline, match=part):
        diffusers_index.check(json.dumps(index))


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '"StableDiffusionPipeline"'])
def test_an_index_that_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(diffusers_index.UnknownPipeline):
        diffusers_index.check(text)


def test_what_is_fetched() -> None:
    chosen = {file.rfilename for file in choose_files(siblings(list(FILES)))}
    assert chosen == {name for name, is_wanted in FILES.items() if is_wanted}


@pytest.mark.parametrize("part", diffusers_index.WEIGHTED)
def test_a_part_without_safetensors_is_named(part: str) -> None:
    names = [name for name in FILES if not (name.startswith(f"{part}/") and name.endswith(".safetensors"))]
    with pytest.raises(Refused) as raised:
        choose_files(siblings([*names, f"{part}/diffusion_pytorch_model.bin"]))
    assert isinstance(raised.value.error, ModelUnavailable)
    assert part in raised.value.error.message
