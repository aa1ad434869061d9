"""Is this text positive or negative?"""

from inference.task import Example, Model, Task
from inference.tasks._text_classification import INPUTS, PARAMETERS

TASK = Task(
    name="sentiment",
    pipeline_tag="text-classification",
    summary="Tells whether a text is positive or negative.",
    # The commit that transformers 5.23 itself pins for this task (pipelines/__init__.py).
    model=Model(
        "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
        revision="714eb0fa89d2f80546fda750413ed43d93601a13",
    ),
    inputs=INPUTS,
    parameters=PARAMETERS,
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
