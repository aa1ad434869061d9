"""Paint what a text describes. Change TEXT and STEPS, and run it again."""

import torch
from diffusers import DiffusionPipeline

MODEL = "stabilityai/sd-turbo"
TEXT = "A lighthouse at dawn, watercolour"
STEPS = 2

paint = DiffusionPipeline.from_pretrained(MODEL, dtype=torch.float32)
picture = paint(TEXT, num_inference_steps=STEPS, guidance_scale=0.0, width=256, height=256).images[0]
picture.save("build/scripts/picture.png")
print("build/scripts/picture.png")
