"""A picture from words."""

from inference.fields import Integer, Number, Text
from inference.task import Example, Model, Task

TASK = Task(
    name="image",
    pipeline_tag="text-to-image",
    summary="Paints what a text describes; on a CPU this takes minutes.",
    model=Model("CompVis/stable-diffusion-v1-4"),
    alternatives=(Model("stabilityai/sd-turbo"),),
    inputs=Text("inputs", "What the picture shows.", max_chars=2_000),
    parameters=(
        Text("negative_prompt", "What the picture must not show.", max_chars=2_000),
        Integer("height", "In pixels, a multiple of 8.", minimum=64, maximum=768, multiple_of=8),
        Integer("width", "In pixels, a multiple of 8.", minimum=64, maximum=768, multiple_of=8),
        Integer("num_inference_steps", "More steps take longer and show more.", minimum=1, maximum=100),
        Number("guidance_scale", "How closely the text is followed.", minimum=0.0, maximum=30.0),
        Integer("seed", "The same seed paints the same picture.", minimum=0, maximum=2**32 - 1),
    ),
    aliases=("text", "prompt"),
    examples=(
        Example(
            "A small sketch",
            {
                "inputs": "A lighthouse at dawn, watercolour",
                "parameters": {"num_inference_steps": 10, "height": 64, "width": 64, "seed": 7},
            },
        ),
    ),
    memory_mb=10_240,
    timeout_s=900,
)
