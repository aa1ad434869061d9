"""The gist of a long text."""

from inference.fields import Flag, Items, Text
from inference.task import Example, Model, Task
from inference.tasks._generation import TEXT_TO_TEXT

ARTICLE = (
    "The town library opened its new reading room on Monday after two years of building. The room has "
    "forty seats, large windows to the river and a shelf for every language spoken in the town. Visitors "
    "waited in line from early morning. The mayor said that the building cost less than planned, and that "
    "the money left will buy books."
)
TASK = Task(
    name="summarization",
    pipeline_tag="summarization",
    summary="Shortens a text to its gist.",
    model=Model("facebook/bart-large-cnn"),
    alternatives=(
        Model("sshleifer/distilbart-cnn-12-6", revision="a4f8f3e", pickle_weights=True),
        Model("facebook/bart-large-xsum", pickle_weights=True),
        Model("google/pegasus-xsum", pickle_weights=True),
    ),
    inputs=Items(Text("inputs", "A text, or a list of texts.", max_chars=100_000), max_items=16),
    parameters=(
        *TEXT_TO_TEXT,
        Flag("chunking", "Summarise a text beyond the model's window piece by piece instead of cutting it."),
    ),
    aliases=("text", "article"),
    examples=(
        Example("News from the library", {"inputs": ARTICLE}),
        Example("In few words", {"article": ARTICLE, "parameters": {"max_new_tokens": 30, "num_beams": 2}}),
    ),
    memory_mb=3538,
    timeout_s=900,
)
