"""Which of these labels fits the text? Labels that no one trained the model for."""

from inference.fields import Flag, Items, Text
from inference.task import Example, Model, Task
from inference.tasks._candidate_labels import CANDIDATE_LABELS, HYPOTHESIS_TEMPLATE

LABELS = ["delivery", "payment", "praise"]
TASK = Task(
    name="classification",
    pipeline_tag="zero-shot-classification",
    summary="Sorts a text under labels of your own, with no training.",
    model=Model("facebook/bart-large-mnli", revision="d7645e1"),  # as transformers 5.23 pins it
    inputs=Items(Text("inputs", "A text, or a list of texts.", max_chars=20_000), max_items=16),
    parameters=(
        CANDIDATE_LABELS,
        Flag("multi_label", "Whether several labels may be true; each is then scored by itself."),
        HYPOTHESIS_TEMPLATE,
    ),
    aliases=("text", "sequences"),
    examples=(
        Example("A complaint", {"inputs": "My parcel is late.", "parameters": {"candidate_labels": LABELS}}),
        Example(
            "Several may fit",
            {"text": "Fast, and cheap too!", "candidate_labels": "speed, price, colour", "multi_label": True},
        ),
    ),
    memory_mb=3538,
    timeout_s=900,
)
