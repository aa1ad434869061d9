"""What the tasks that label a text share."""

from inference.fields import Choice, Integer, Items, Text

INPUTS = Items(Text("inputs", "A text, or a list of texts.", max_chars=20_000), max_items=2048)
PARAMETERS = (
    Integer("top_k", "How many labels to return, best first; all by default.", minimum=1, maximum=1000),
    Choice("function_to_apply", "How scores are made from logits.", ("softmax", "sigmoid", "none")),
)
