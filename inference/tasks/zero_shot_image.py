"""Which of these labels fits the picture? Labels that no one trained the model for."""

from inference.fields import Items, Media
from inference.media.formats import PICTURES
from inference.task import Example, Model, Task, packaged
from inference.tasks._candidate_labels import CANDIDATE_LABELS, HYPOTHESIS_TEMPLATE

THREE = packaged("three.png")
LABELS = ["a handwritten digit", "a cat", "a street at night"]
TASK = Task(
    name="zero_shot_image",
    pipeline_tag="zero-shot-image-classification",
    summary="Sorts a picture under labels of your own, with no training.",
    model=Model("openai/clip-vit-base-patch32", pickle_weights=True),
    alternatives=(Model("google/siglip-base-patch16-224"),),
    inputs=Items(
        Media("inputs", "A picture as base64, a data URL or raw bytes.", "image", PICTURES), max_items=16
    ),
    parameters=(CANDIDATE_LABELS, HYPOTHESIS_TEMPLATE),
    aliases=("image",),
    examples=(
        Example("A written three", {"inputs": THREE, "parameters": {"candidate_labels": LABELS}}),
        Example(
            "With a sentence of your own",
            {"image": THREE, "candidate_labels": "one, two, three", "hypothesis_template": "The number {}."},
        ),
    ),
    memory_mb=3538,
)
