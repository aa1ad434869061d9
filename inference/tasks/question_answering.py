"""Where in this text is the answer?"""

from inference.fields import Flag, Integer, Items, Record, Text
from inference.task import Example, Model, Task

CONTEXT = "The bridge was built in 1912 by Clara Stein. It joins the old town with the harbour."
PAIR = Record(
    "inputs",
    "A question and the text that holds the answer; or a list of such pairs.",
    (
        Text("question", "What is asked.", max_chars=2_000),
        Text("context", "Where the answer stands.", max_chars=50_000),
    ),
)
TASK = Task(
    name="question_answering",
    pipeline_tag="question-answering",
    summary="Finds the words of a text that answer a question.",
    model=Model("distilbert/distilbert-base-cased-distilled-squad", revision="564e9b5"),
    inputs=Items(PAIR, max_items=16),
    parameters=(
        Integer("top_k", "How many answers to return, best first.", minimum=1, maximum=50),
        Integer("doc_stride", "Tokens that windows of a long text share.", minimum=1, maximum=256),
        Integer("max_answer_len", "Longest answer, in tokens.", minimum=1, maximum=200),
        Integer("max_question_len", "Longest question, in tokens.", minimum=1, maximum=256),
        Integer("max_seq_len", "Longest window, in tokens.", minimum=16, maximum=512),
        Flag("handle_impossible_answer", "Whether an empty answer may win."),
        Flag("align_to_words", "Whether answers are widened to whole words; they are by default."),
    ),
    examples=(
        Example("Who built it?", {"inputs": {"question": "Who built the bridge?", "context": CONTEXT}}),
        Example("Two guesses", {"question": "When was it built?", "context": CONTEXT, "top_k": 2}),
    ),
)
