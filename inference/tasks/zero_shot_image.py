"""Which of these labels fits the picture? Labels that no one trained the model for."""

from inference.task import Example, Model, Task, packaged
from inference.tasks.classification import TASK as OF_TEXTS
from inference.tasks.image_classification import TASK as OF_PICTURES

THREE = packaged("three.png")
FIELDS = {field.name: field for field in OF_TEXTS.parameters}
LABELS = ["a handwritten digit", "a cat", "a street at night"]
TASK = Task(
    name="zero_shot_image",
    pipeline_tag="zero-shot-image-classification",
    summary="Sorts a picture under labels of your own, with no training.",
    model=Model("openai/clip-vit-base-patch32", pickle_weights=True),
    alternatives=(Model("google/siglip-base-patch16-224"),),
    inputs=OF_PICTURES.inputs,
    parameters=(FIELDS["candidate_labels"], FIELDS["hypothesis_template"]),
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
