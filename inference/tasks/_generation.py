"""Parameters of every task whose model writes text, in the words of the Hub and of ``generate``."""

from inference.fields import Choice, Flag, Group, Integer, Number, Text, Words

MAX_NEW_TOKENS = 2048
"""The most that one answer may take; a function's time ends long before on most models."""

SAMPLING = (
    Flag("do_sample", "Draw tokens by chance instead of taking the likeliest."),
    Number("temperature", "How bold a draw is: below 1 is safer.", minimum=0.01, maximum=10.0),
    Integer("top_k", "Draw from so many of the likeliest tokens.", minimum=1, maximum=1000),
    Number("repetition_penalty", "Above 1, what was said is less likely.", minimum=0.1, maximum=10.0),
    Integer("seed", "The same seed draws the same tokens.", minimum=0, maximum=2**32 - 1),
)
SEARCH = (
    *SAMPLING,
    Number("top_p", "Draw from the likeliest tokens that together reach this.", minimum=0.01, maximum=1.0),
)
LONGEST = (
    Integer("max_new_tokens", "At most so many tokens.", minimum=1, maximum=MAX_NEW_TOKENS),
    Integer("max_length", "The same, counted as transformers does.", minimum=2, maximum=MAX_NEW_TOKENS),
)
LENGTHS = (
    *LONGEST,
    Integer("min_new_tokens", "At least so many tokens.", minimum=0, maximum=MAX_NEW_TOKENS),
    Integer("min_length", "The same, counted as transformers does.", minimum=0, maximum=MAX_NEW_TOKENS),
)
BEAMS = (
    Integer("num_beams", "How many candidates to keep while searching.", minimum=1, maximum=8),
    Number("length_penalty", "Above 0 favours long, below 0 short.", minimum=-5.0, maximum=5.0),
    Integer("no_repeat_ngram_size", "No run of so many tokens twice.", minimum=0, maximum=20),
    Flag("early_stopping", "Stop when as many candidates as beams are complete."),
)
TEXT_TO_TEXT = (
    *LENGTHS,
    *BEAMS,
    *SEARCH,
    Choice(
        "truncation",
        "What happens to a text beyond the model's window: cut, or refused.",
        ("longest_first", "only_first", "do_not_truncate"),
    ),
    Flag("clean_up_tokenization_spaces", "Accepted for the Hub's clients; texts are always clean."),
    Group(
        "generate_parameters",
        "The same parameters in an object, as the Hub's clients send them.",
        (*LENGTHS, *BEAMS, *SEARCH),
    ),
)
STOP = Words(Text("stop", "Strings that end the answer.", max_chars=100), max_items=8, min_items=0)
