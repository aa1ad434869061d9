"""The fields of the two completion routes, and the options that may only say nothing."""

from __future__ import annotations

from typing import Any

from inference.errors import InvalidField
from inference.fields import Field, Flag, Group, Integer, Items, Number, ResponseFormat, Text, Words
from inference.http.openai.logprobs import LogitBias
from inference.http.openai.messages import Messages
from inference.http.openai.tools import ToolChoice, ToolList
from inference.tasks._generation import MAX_NEW_TOKENS

LIMIT_HELP = f"At most so many tokens; -1 and all above {MAX_NEW_TOKENS} mean as many as there is room for."
MOST = 2**63 - 1


def limit(name: str) -> Integer:
    """A ceiling on tokens, as clients send it; :func:`tokens` makes a number of it."""
    return Integer(name, LIMIT_HELP, minimum=-1, maximum=MOST)


def tokens(value: int | None, at: str) -> int | None:
    """A ceiling that can be had: what is too high is lowered, as an answer may end early anyway."""
    if value == 0:
        raise InvalidField(at, "must be at least 1, or -1 for as many as there is room for")
    return MAX_NEW_TOKENS if value == -1 else value and min(value, MAX_NEW_TOKENS)


SAMPLING: tuple[Field, ...] = (
    Number("temperature", "How bold: 0 takes the likeliest token.", minimum=0.0, maximum=2.0),
    Number("top_p", "Draw from the likeliest tokens that reach this.", minimum=0.0, maximum=1.0),
    Integer("top_k", "Draw from so many of the likeliest tokens.", minimum=1, maximum=1000),
    Number("repetition_penalty", "Above 1, what was said is less likely.", minimum=0.1, maximum=10.0),
    Integer("seed", "The same seed draws the same tokens.", minimum=-(2**63), maximum=MOST),
)
PENALTIES = (
    Number("frequency_penalty", "Above 0, each use makes a token less likely.", minimum=-2.0, maximum=2.0),
    Number("presence_penalty", "Above 0, a token is less likely once it came.", minimum=-2.0, maximum=2.0),
)
COMMON: tuple[Field, ...] = (
    limit("max_tokens"),
    *SAMPLING,
    *PENALTIES,
    LogitBias(),
    Integer("n", "How many answers to each prompt.", minimum=1, maximum=8),
    Words(Text("stop", "Strings that end the answer.", max_chars=100), max_items=8, min_items=0),
    Flag("stream", "Whether the answer comes as server-sent events."),
    Group(
        "stream_options",
        "Of a stream.",
        (
            Flag("include_usage", "Whether a last event counts tokens."),
            Flag("include_obfuscation", "Changes nothing: events are not padded."),
        ),
    ),
)
CHAT: tuple[Field, ...] = (
    Messages(),
    limit("max_completion_tokens"),
    *COMMON,
    ResponseFormat(),
    ToolList(),
    ToolChoice(),
    Flag("logprobs", "Whether to tell how likely each token was."),
    Integer("top_logprobs", "And so many of the likeliest tokens at its place.", minimum=0, maximum=20),
    Flag("parallel_tool_calls", "Whether one answer may hold more than one call."),
)
PROMPT = Text("prompt", "What is to be continued, or a list of such texts.", max_chars=50_000)
TEXT: tuple[Field, ...] = (Items(PROMPT, max_items=8), *COMMON, ResponseFormat())

NEUTRAL: dict[str, tuple[Any, ...]] = {
    "audio": ({},),
    "best_of": (1,),
    "echo": (False,),
    "function_call": ("none", "auto"),
    "functions": ([],),
    "logprobs": (False,),
    "min_p": (0,),
    "modalities": (["text"],),
    "parallel_tool_calls": (True, False),
    "reasoning_effort": ("none",),
    "suffix": ("",),
    "tool_choice": ("none", "auto"),
    "tools": ([],),
    "top_logprobs": (0,),
    "verbosity": ("medium",),
}
"""Options that cannot be followed here: refused by name, but for the value that means nothing."""


def sampling(values: dict[str, Any]) -> dict[str, Any]:
    """Checked values of :data:`SAMPLING`, in the words of the engines."""
    temperature, top_p = values["temperature"], values["top_p"]
    parameters: dict[str, Any] = {
        "top_p": top_p and max(top_p, 1e-4),
        "top_k": values["top_k"],
        "repetition_penalty": values["repetition_penalty"],
        "frequency_penalty": values["frequency_penalty"],
        "presence_penalty": values["presence_penalty"],
        "logit_bias": values["logit_bias"],
        "seed": None if values["seed"] is None else values["seed"] % 2**32,
    }
    if temperature is not None or top_p == 0:
        is_greedy = temperature == 0 or top_p == 0
        parameters |= {"do_sample": not is_greedy, "temperature": temperature or None}
    return parameters
