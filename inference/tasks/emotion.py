"""Which feelings does this text show?"""

from inference.task import Example, Model, Task
from inference.tasks._text_classification import INPUTS, PARAMETERS

TASK = Task(
    name="emotion",
    pipeline_tag="text-classification",
    summary="Names the emotions in a text; each has a score of its own.",
    model=Model("SamLowe/roberta-base-go_emotions"),
    inputs=INPUTS,
    parameters=PARAMETERS,
    aliases=("text",),
    examples=(
        Example("A surprise", {"inputs": "I never thought you would remember my birthday!"}),
        Example("The three strongest", {"inputs": "I miss her every day.", "parameters": {"top_k": 3}}),
    ),
    memory_mb=1769,
    timeout_s=300,
)
