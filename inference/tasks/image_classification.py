"""What does this picture show?"""

from inference.fields import Choice, Integer, Items, Media
from inference.media.formats import PICTURES
from inference.task import Example, Model, Task, packaged

TASK = Task(
    name="image_classification",
    pipeline_tag="image-classification",
    summary="Names what a picture shows.",
    model=Model("google/vit-base-patch16-224", revision="3f49326"),  # as transformers 5.23 pins it
    inputs=Items(
        Media("inputs", "A picture as base64, a data URL or raw bytes.", "image", PICTURES),
        max_items=16,
    ),
    parameters=(
        Integer("top_k", "How many labels to return, best first; 5 by default.", minimum=1, maximum=1000),
        Choice("function_to_apply", "How scores are made from logits.", ("softmax", "sigmoid", "none")),
    ),
    aliases=("image",),
    examples=(
        Example("A written three", {"inputs": packaged("three.png")}),
        Example("Best label only", {"inputs": packaged("three.png"), "parameters": {"top_k": 1}}),
    ),
)
