"""Is this message spam?"""

from inference.task import Example, Model, Task
from inference.tasks._text_classification import INPUTS, PARAMETERS

TASK = Task(
    name="spam",
    pipeline_tag="text-classification",
    summary="Tells unwanted messages from wanted ones.",
    # A small repository that may have pickle weights only.
    model=Model("mrm8488/bert-tiny-finetuned-sms-spam-detection", pickle_weights=True),
    inputs=INPUTS,
    parameters=PARAMETERS,
    aliases=("text", "message"),
    examples=(
        Example("A prize", {"inputs": "You have won a free cruise! Call now to claim your prize."}),
        Example("A friend", {"inputs": "Running ten minutes late, please order without me."}),
    ),
    memory_mb=1769,
    timeout_s=300,
)
