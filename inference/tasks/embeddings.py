"""A text as a list of numbers that are near for texts of near meaning."""

from inference.fields import Choice, Flag, Integer, Items, Text
from inference.task import Example, Model, Task

TASK = Task(
    name="embeddings",
    pipeline_tag="feature-extraction",
    summary="Turns a text into numbers: for search, grouping and comparing.",
    model=Model("sentence-transformers/all-MiniLM-L6-v2"),
    inputs=Items(Text("inputs", "A text, or a list of texts.", max_chars=50_000), max_items=2048),
    parameters=(
        Flag("normalize", "Whether the numbers are scaled to length 1; the model decides by default."),
        Flag("truncate", "Whether a text beyond the model's window is cut; true by default."),
        Choice("truncation_direction", "Which end is cut; right by default.", ("left", "right")),
        Integer("dimensions", "Keep only the first so many numbers.", minimum=1, maximum=8192),
        Text("prompt_name", "One of the repository's prompts, to stand before each text.", max_chars=100),
    ),
    aliases=("text",),
    examples=(
        Example("A sentence", {"inputs": "The cat sleeps on the sofa."}),
        Example("Two sentences", {"inputs": ["The cat sleeps.", "A kitten is napping."]}),
        Example(
            "A map of six",
            {
                "inputs": [
                    "The cat sleeps.",
                    "A kitten is napping.",
                    "The train is late again.",
                    "Our bus was delayed.",
                    "Add salt to the soup.",
                    "Bake the bread for an hour.",
                ]
            },
        ),
    ),
)
