"""Which word is missing?"""

from inference.fields import Integer, Items, Text, Words
from inference.task import Example, Model, Task

TASK = Task(
    name="fill_mask",
    pipeline_tag="fill-mask",
    summary="Fills the gap in a text, with the model's own mask token where the gap is.",
    model=Model("distilbert/distilroberta-base", revision="fb53ab8"),
    alternatives=(Model("google-bert/bert-base-uncased"),),
    inputs=Items(Text("inputs", "A text with a mask token, or a list of such texts.", max_chars=20_000), 32),
    parameters=(
        Integer("top_k", "How many words to return, best first; 5 by default.", minimum=1, maximum=100),
        Words(Text("targets", "Choose among these words only.", max_chars=100), max_items=100),
    ),
    aliases=("text",),
    examples=(
        Example("A capital", {"inputs": "Paris is the <mask> of France."}),
        Example(
            "Only these", {"inputs": "The soup was <mask>.", "parameters": {"targets": ["good", "cold"]}}
        ),
    ),
)
