"""A conversation with a small language model."""

from inference.fields import Flag, Grammar, Integer, Items, Neutral, Number, Text
from inference.task import Example, Model, Task
from inference.tasks._generation import LENGTHS, SEARCH, STOP

TASK = Task(
    name="chat",
    pipeline_tag="text-generation",
    summary="Continues a text, or answers a conversation by /v1/chat/completions.",
    model=Model("Qwen/Qwen2.5-0.5B-Instruct"),
    inputs=Items(Text("inputs", "A prompt, or a list of prompts.", max_chars=50_000), max_items=8),
    parameters=(
        *LENGTHS,
        *SEARCH,
        STOP,
        Grammar(),
        Flag("return_full_text", "Whether the answer begins with the prompt; it does not by default."),
        Flag("details", "Whether the answer says how it ended, and lists its tokens; streams always do."),
        Number(
            "frequency_penalty", "Above 0, each use makes a token less likely.", minimum=-2.0, maximum=2.0
        ),
        Number(
            "typical_p", "Draw from the tokens of usual surprise that reach this.", minimum=0.01, maximum=1.0
        ),
        Neutral("best_of", "Only 1: one answer is made to each prompt.", 1),
        Neutral("decoder_input_details", "Only false: tokens of the prompt are not told.", False),
        Neutral("top_n_tokens", "Only 0: other tokens are not told here.", 0),
        Neutral("watermark", "Only false: no text is marked.", False),
        Integer("truncate", "Keep only so many of the prompt's last tokens.", minimum=1, maximum=32_768),
    ),
    aliases=("text", "prompt"),
    examples=(
        Example("A beginning", {"inputs": "Once upon a time", "parameters": {"max_new_tokens": 30}}),
        Example("A fact", {"inputs": "The capital of France is", "parameters": {"max_new_tokens": 8}}),
    ),
    memory_mb=7076,  # the conversion of 0.5 billion parameters takes 5.5 GB
    timeout_s=900,
)
