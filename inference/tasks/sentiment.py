"""Is this text positive or negative?"""

from inference.fields import Choice, Integer, Items, Text
from inference.task import Example, Model, Task

TASK = Task(
    name="sentiment",
    pipeline_tag="text-classification",
    summary="Tells whether a text is positive or negative.",
    # The commit that transformers 5.23 itself pins for this task (pipelines/__init__.py).
    model=Model(
        "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
        revision="714eb0fa89d2f80546fda750413ed43d93601a13",
    ),
    inputs=Items(Text("inputs", "A text, or a list of texts.", max_chars=20_000), max_items=64),
    parameters=(
        Integer("top_k", "How many labels to return, best first; all by default.", minimum=1, maximum=1000),
        Choice("function_to_apply", "How scores are made from logits.", ("softmax", "sigmoid", "none")),
    ),
    aliases=("text",),
    examples=(
        Example("A happy customer", {"inputs": "I love this phone, the battery lasts for days."}),
        Example(
            "Two texts at once", {"inputs": ["What a lovely day!", "The soup was cold and the staff rude."]}
        ),
        Example("Best label only", {"inputs": "Not bad at all.", "parameters": {"top_k": 1}}),
    ),
    memory_mb=1769,
    timeout_s=300,
)
