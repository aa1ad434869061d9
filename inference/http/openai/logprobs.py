"""``logit_bias``, ``logprobs`` and ``top_logprobs``: token probabilities changed and shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.errors import InvalidField, printable
from inference.fields import Number, json_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from inference.engines.text.token_scores import TokenScore

MOST_BIASED = 300
BIAS = Number("bias", "What is added to a token's score.", minimum=-100.0, maximum=100.0)


@dataclass(frozen=True)
class LogitBias:
    """``{"1024": -100}``: token number -> what is added to its score."""

    name: str = "logit_bias"
    help: str = "Token number -> what is added to its score; -100 bans a token."
    default: None = None

    def read(self, value: Any, at: str) -> dict[int, float]:
        if not isinstance(value, dict):
            raise InvalidField(at, f"must be an object of token numbers, not {json_type(value)}")
        if len(value) > MOST_BIASED:
            raise InvalidField(at, f"has {len(value):,} tokens; the limit is {MOST_BIASED}")
        return {
            self._token(token, at): BIAS.read(bias, f"{at}.{printable(token)}")
            for token, bias in value.items()
        }

    def _token(self, token: str, at: str) -> int:
        if not (token.isascii() and token.isdigit() and len(token) <= 9):
            raise InvalidField(f"{at}.{printable(token)}", "must be the number of a token")
        return int(token)

    def schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "propertyNames": {"pattern": "^[0-9]{1,9}$"},
            "additionalProperties": BIAS.schema(),
            "maxProperties": MOST_BIASED,
        }


def asked(values: Mapping[str, Any]) -> int | None:
    """How many of the likeliest tokens are to be told of with each; ``None``: no probabilities at all."""
    if values["top_logprobs"] and not values["logprobs"]:
        raise InvalidField("top_logprobs", "needs logprobs to be true")
    return (values["top_logprobs"] or 0) if values["logprobs"] else None


def content(scores: Iterable[TokenScore]) -> dict[str, Any]:
    """The ``logprobs`` of a choice."""
    return {"content": [shown(score) for score in scores], "refusal": None}


def shown(score: TokenScore) -> dict[str, Any]:
    """One token, with the likeliest ones at its place."""
    likeliest = [_token(token, logprob) for token, logprob in score.likeliest]
    return {**_token(score.token, score.logprob), "top_logprobs": likeliest}


def _token(token: str, logprob: float) -> dict[str, Any]:
    """Part of a character has no bytes that could be told of by its text."""
    has_bytes = "\ufffd" not in token
    return {"token": token, "logprob": logprob, "bytes": list(token.encode()) if has_bytes else None}
