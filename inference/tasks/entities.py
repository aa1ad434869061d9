"""Who, where and what does this text name?"""

from inference.fields import Choice, Integer, Items, Text, Words
from inference.task import Example, Model, Task

STRATEGIES = ("none", "simple", "first", "average", "max")
TASK = Task(
    name="entities",
    pipeline_tag="token-classification",
    summary="Finds names of people, places and organisations, and where they stand.",
    model=Model("dslim/bert-base-NER"),
    inputs=Items(Text("inputs", "A text, or a list of texts.", max_chars=50_000), max_items=32),
    parameters=(
        Choice("aggregation_strategy", "How tokens are joined to names; simple by default.", STRATEGIES),
        Words(Text("ignore_labels", "Labels to leave out; O by default.", max_chars=100), 50, min_items=0),
        Integer("stride", "Tokens that windows of a long text share.", minimum=1, maximum=256),
    ),
    aliases=("text",),
    examples=(
        Example("A journey", {"inputs": "Maria Lopez flew from Lisbon to Toronto for the United Nations."}),
        Example(
            "Token by token",
            {"inputs": "Ada lives in Berlin.", "parameters": {"aggregation_strategy": "none"}},
        ),
    ),
)
