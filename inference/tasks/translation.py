"""The same in another language."""

from inference.fields import Items, Text
from inference.task import Example, Model, Task
from inference.tasks._generation import TEXT_TO_TEXT

TASK = Task(
    name="translation",
    pipeline_tag="translation",
    summary="Translates a text; the model decides between which languages.",
    model=Model("Helsinki-NLP/opus-mt-en-fr", pickle_weights=True),
    alternatives=(
        Model("Helsinki-NLP/opus-mt-en-de", pickle_weights=True),
        Model("Helsinki-NLP/opus-mt-en-es", pickle_weights=True),
        Model("Helsinki-NLP/opus-mt-fr-en", pickle_weights=True),
        Model("Helsinki-NLP/opus-mt-de-en", pickle_weights=True),
        Model("facebook/nllb-200-distilled-600M", pickle_weights=True),
    ),
    inputs=Items(Text("inputs", "A text, or a list of texts.", max_chars=20_000), max_items=32),
    parameters=(
        Text("src_lang", "The text's language, as the model spells it: eng_Latn for NLLB.", max_chars=40),
        Text("tgt_lang", "The language wanted, as the model spells it: fra_Latn for NLLB.", max_chars=40),
        *TEXT_TO_TEXT,
    ),
    aliases=("text",),
    examples=(
        Example("A number", {"inputs": "twenty-four"}),
        Example("Two texts at once", {"inputs": ["Good morning.", "three hundred and seven"]}),
    ),
    memory_mb=3538,
    timeout_s=300,
)
