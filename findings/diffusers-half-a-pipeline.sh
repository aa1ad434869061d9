#!/usr/bin/env bash
# A pipeline that was saved in half precision is read half in fp16 and half in fp32, and fails at its first picture.
#
# Versions: diffusers 0.42.1, transformers 5.23.0, torch 2.13.0.
# Guess: DiffusionPipeline.from_pretrained without dtype gives fp32 throughout, as diffusers documents; at worst all of it
#   comes as it was saved.
# Behaviour: diffusers reads its own parts (U-Net, VAE) in fp32. transformers 5 reads the text encoder as it was saved, in
#   fp16. Loading says nothing. The first call then multiplies the encoder's fp16 with the U-Net's fp32.
# Output seen: torch.float32 torch.float16 torch.float32 for U-Net, text encoder and VAE; the call raises "mat1 and mat2
#   must have the same dtype, but got Half and Float". With dtype=torch.float32 all are fp32, and a picture comes.
# Source: transformers 5's migration guide (from_pretrained's dtype is "auto" by default); diffusers' DiffusionPipeline
#   documentation (the default data type is float32).
# For whoever serves models: always name the dtype of a pipeline, also where it is the documented default.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  diffusers==0.42.1 transformers==5.23.0 torch==2.13.0 numpy==2.4.6 pillow==13.0.0
cat > "$work/run.py" <<'PY'
import json
import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

folder = Path(sys.argv[1])
words = ["<|startoftext|>", "<|endoftext|>", "a</w>", "b</w>", "a", "b"]
(folder / "vocab.json").write_text(json.dumps({word: index for index, word in enumerate(words)}))
(folder / "merges.txt").write_text("#version: 0.2\n")
tokenizer = CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=8)
text = CLIPTextConfig(
    vocab_size=len(words), hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
    max_position_embeddings=8, bos_token_id=0, eos_token_id=1, pad_token_id=1, projection_dim=16,
)
unet = UNet2DConditionModel(
    sample_size=8, block_out_channels=(16, 32), layers_per_block=1, norm_num_groups=8, cross_attention_dim=16,
    attention_head_dim=8, down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
    up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
)
vae = AutoencoderKL(
    block_out_channels=(16, 16), norm_num_groups=8, latent_channels=4,
    down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
)
StableDiffusionPipeline(
    vae=vae, text_encoder=CLIPTextModel(text), tokenizer=tokenizer, unet=unet, scheduler=DDIMScheduler(),
    safety_checker=None, feature_extractor=None, requires_safety_checker=False,
).to(torch.float16).save_pretrained(folder / "saved")

seen = []
for options in ({}, {"dtype": torch.float32}):
    pipe = StableDiffusionPipeline.from_pretrained(folder / "saved", **options)
    try:
        pipe("a b", num_inference_steps=1, guidance_scale=0.0)
        outcome = "a picture"
    except RuntimeError as error:
        outcome = str(error)
    seen.append((pipe.unet.dtype, pipe.text_encoder.dtype, pipe.vae.dtype, outcome))
    print(*seen[-1])
assert seen[0][:3] == (torch.float32, torch.float16, torch.float32) and "same dtype" in seen[0][3]
assert seen[1] == (torch.float32, torch.float32, torch.float32, "a picture")
PY
"$work/venv/bin/python" "$work/run.py" "$work" 2>/dev/null
