"""How near in meaning are these sentences to that one?"""

from inference.fields import Items, Record, Text, Words
from inference.task import Example, Model, Task

SENTENCE = Text("sentences", "What it is compared with.", max_chars=20_000)
PAIR = Record(
    "inputs",
    "A sentence and a list of sentences to compare it with; or a list of such objects.",
    (
        Text("source_sentence", "The sentence to compare.", max_chars=20_000),
        Words(SENTENCE, max_items=64, keeps_doubles=True),
    ),
)
CAT = {
    "source_sentence": "The cat sleeps on the sofa.",
    "sentences": ["A kitten is napping on the couch.", "The train was late again."],
}
TASK = Task(
    name="similarity",
    pipeline_tag="sentence-similarity",
    summary="Scores how near sentences are in meaning, from -1 to 1.",
    model=Model("sentence-transformers/all-MiniLM-L6-v2"),
    inputs=Items(PAIR, max_items=8),
    examples=(Example("Cats and trains", {"inputs": CAT}), Example("As a plain event", CAT)),
)
